/** Scenarios with JSON bodies, which are parsed and sent back as JSON. */
import type { LoadScenario, ScenarioRequest } from "./scenario.ts";

export const post150: LoadScenario = post("post-150", "POST, 150 bytes of JSON", makeBody(150));
export const post10k: LoadScenario = post("post-10k", "POST, 10 KB of JSON", makeBody(10_000));

function post(name: string, title: string, body: string): LoadScenario {
  const headers = {
    "Content-Type": "application/json",
    Accept: "application/json, text/plain, */*",
    "User-Agent":
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Accept-Language": "en-US,en;q=0.9",
    "Accept-Encoding": "gzip, deflate, br",
    Origin: "http://localhost",
  };
  return {
    kind: "load",
    name,
    title,
    about: "The body is parsed, made to JSON again and sent back.",
    application: "echo",
    requests: [{ method: "POST", path: "/echo", headers, body }],
    connections: 64,
    pipelining: 1,
    expected: { status: 200, body: ({ body = "" }: ScenarioRequest) => body, mediaType: "application/json" },
  };
}

/** JSON with exactly this number of bytes: objects with numbers, texts and booleans, and a text of the remaining length. */
function makeBody(bytes: number): string {
  const items: object[] = [];
  const write = (fill: number): string => JSON.stringify({ items, note: "x".repeat(fill) });
  const nextItem = (): object => ({
    id: items.length,
    name: `item ${items.length}`,
    price: 19.5,
    stocked: true,
  });
  while (write(0).length + JSON.stringify(nextItem()).length < bytes - 30) items.push(nextItem());
  return write(bytes - write(0).length);
}
