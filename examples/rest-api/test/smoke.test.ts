import { expect, test } from "vitest";
import { startExample } from "../../../scripts/test/_example.ts";

test("the API answers and shows its documentation, and the server stops with exit code 0", async () => {
  const program = await startExample("rest-api");
  const added = await fetch(`${program.origin}/books`, {
    method: "POST",
    headers: { Authorization: "Bearer secret" },
    body: JSON.stringify({ title: "Emma", pages: 474 }),
  });
  expect([added.status, await added.json()]).toEqual([201, { id: 1, title: "Emma", pages: 474 }]);
  const shown = await fetch(`${program.origin}/openapi.json`);
  expect(await shown.json()).toMatchObject({ openapi: "3.1.1", info: { title: "Books" } });
  expect(await program.stop()).toBe(0);
});
