/** What the first call of `server.inject()` or `server.fetch()` loads. */
export { fetchFrom } from "./fetch.ts";
export { inject } from "./inject.ts";
export { Injector } from "./injector.ts";
