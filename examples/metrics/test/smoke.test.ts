import { expect, test } from "vitest";
import { startExample } from "../../../scripts/test/_example.ts";

test("any worker counts the orders of all, and the server stops with exit code 0", async () => {
  const program = await startExample("metrics");
  for (let order = 0; order < 5; order++)
    await fetch(`${program.origin}/orders/book`, { method: "POST", headers: { Connection: "close" } });
  const text = await (await fetch(`${program.origin}/metrics`)).text();
  expect(text).toContain('\nshop_orders_total{app="shop",kind="book"} 5\n');
  expect(await program.stop()).toBe(0);
});
