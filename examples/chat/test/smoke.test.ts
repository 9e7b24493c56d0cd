import { expect, onTestFinished, test } from "vitest";
import { startExample } from "../../../scripts/test/_example.ts";

test("what one client sends reaches a client of each worker, and the server stops with exit code 0", async () => {
  const program = await startExample("chat");
  const clients = Array.from(
    { length: 4 },
    () => new WebSocket(`${program.origin.replace(/^http/, "ws")}/chat`),
  );
  onTestFinished(() => {
    for (const client of clients) client.close();
  });
  const received = clients.map(
    (client) =>
      new Promise((resolve) => {
        client.onmessage = ({ data }) => {
          const { line } = JSON.parse(data);
          if (line !== undefined) resolve(line.text);
        };
      }),
  );
  // The first message of the server, about its worker, follows the subscription.
  await Promise.all(
    clients.map((client) => new Promise((resolve) => client.addEventListener("message", resolve))),
  );
  clients[0]?.send("hello");
  expect(await Promise.all(received)).toEqual(Array(4).fill("hello"));
  expect(await program.stop()).toBe(0);
});
