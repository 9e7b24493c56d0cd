export { Packetron } from "./packetron.ts";
