import { createApp } from "./app.ts";
import { Books } from "./books.ts";
import { openDatabase } from "./database.ts";

const database = await openDatabase(process.env["DATABASE"] ?? ":memory:");
const server = createApp(new Books(database), process.env["TOKEN"] ?? "secret", {
  port: Number(process.env["PORT"] ?? 3000),
  maxThreads: 1, // a database in memory belongs to one process
});
server.onStop(() => database.close());
await server.start();
console.log(`Try http://127.0.0.1:${server.port}/docs`);
