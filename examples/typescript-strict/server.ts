import { createApp } from "./app.ts";

const server = createApp({ port: Number(process.env["PORT"] ?? 3000), maxThreads: 1 });
await server.start();
console.log(`Try http://127.0.0.1:${server.port}/notes`);
