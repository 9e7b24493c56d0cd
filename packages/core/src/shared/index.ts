/** The part of shared services that is loaded at the first call. */
export { CallServer } from "./call-server.ts";
export { CallServices } from "./call-services.ts";
export { RemoteCaller } from "./remote-caller.ts";
export { LocalCaller, SharedMemory } from "./shared-memory.ts";
