/** Starts the server: a primary process, and a worker for each CPU. */
import { createApp } from "./app.ts";

const server = createApp();
await server.start();
if (server.isPrimary) console.log(`http://127.0.0.1:${server.port}`);
