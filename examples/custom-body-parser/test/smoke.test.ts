import { decode, encode } from "@msgpack/msgpack";
import { expect, test } from "vitest";
import { startExample } from "../../../scripts/test/_example.ts";

test("a third-party parser reads MessagePack and refuses other bodies, and the server stops with exit code 0", async () => {
  const program = await startExample("custom-body-parser");
  const post = (body: Uint8Array<ArrayBuffer>): Promise<Response> =>
    fetch(`${program.origin}/echo`, { method: "POST", body });

  const answer = await post(encode({ a: [1, "two", null] }));
  expect(decode(await answer.arrayBuffer())).toEqual({ received: { a: [1, "two", null] } });

  // 0xc1 is the one byte that MessagePack never uses.
  expect((await post(Uint8Array.of(0xc1))).status).toBe(400);

  expect(await program.stop()).toBe(0);
});
