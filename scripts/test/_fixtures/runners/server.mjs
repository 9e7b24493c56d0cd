import { Packetron } from "@packetron/core";

const server = new Packetron({ host: "127.0.0.1", port: 0 });
await server.start();
if (server.isPrimary) process.send({ role: server.role });
