import { expect, onTestFinished, test } from "vitest";
import { startExample } from "../../../scripts/test/_example.ts";

test("a vote over a WebSocket reaches the streams of events of both workers, and the server stops with exit code 0", async () => {
  const program = await startExample("live");
  const streams = await Promise.all(Array.from({ length: 4 }, () => follow(`${program.origin}/counts`)));
  const socket = new WebSocket(`${program.origin.replace(/^http/, "ws")}/votes`);
  onTestFinished(() => socket.close());
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  socket.send("water");
  socket.send("tea");
  const received = await Promise.all(streams.map((read) => read('data: {"tea":1}\n\n')));
  const workers = received.map((text) => /event: worker\ndata: (\d)/.exec(text)?.[1]);
  expect(new Set(workers)).toEqual(new Set(["1", "2"]));
  expect(await program.stop()).toBe(0);
});

/** Opens a stream of events. The function that it returns reads until a text has arrived, and resolves with all of it. */
async function follow(url: string): Promise<(wanted: string) => Promise<string>> {
  const { body } = await fetch(url);
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return async (wanted) => {
    while (!text.includes(wanted)) {
      const piece = await reader?.read();
      if (piece?.value === undefined) throw new Error(`The stream ended without ${wanted}:\n${text}`);
      text += piece.value;
    }
    return text;
  };
}
