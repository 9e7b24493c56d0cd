import { Packetron } from "@packetron/core";
import { expect, test } from "vitest";
import { startExample } from "../../../scripts/test/_example.ts";
import { apiKey } from "../api-key.ts";

test("a route with the flag needs a key, others do not, and the server stops with exit code 0", async () => {
  const program = await startExample("custom-capability");
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${program.origin}/${path}`, { headers });
  expect((await get("open")).status).toBe(200);
  expect((await get("nowhere")).status).toBe(404);
  const refused = await get("report", { "X-API-Key": "guess" });
  expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "X-API-Key"]);
  expect((await get("report")).status).toBe(401);
  expect(await (await get("report", { "X-API-Key": "secret" })).json()).toEqual({
    for: "clients with a key",
  });
  expect(await program.stop()).toBe(0);
});

test.each([["secret"], [["secret", 7]], [{}]])(
  "keys that are not a list of texts are refused: %j",
  (apiKeys) => {
    const options = Object.assign({ capabilities: [apiKey()] }, { apiKeys });
    expect(() => new Packetron(Object(options))).toThrow(
      expect.objectContaining({ code: "PKT_OPTION_INVALID" }),
    );
  },
);
