/** A test file of `node:test`, which prints the role of a server that it starts. */
import test from "node:test";
import { createLifecycle } from "../../../src/cluster/index.ts";
import { fakeDelegate } from "../../cluster/_delegate.ts";

test("a server", async () => {
  const options = { host: "127.0.0.1", port: 0, ...JSON.parse(process.env["OPTIONS"] ?? "{}") };
  const delegate = fakeDelegate("1:x:0", options, () => {});
  const lifecycle = createLifecycle(delegate);
  await lifecycle.start();
  process.stdout.write(
    `${[lifecycle.role, ...delegate.events.filter((line) => line.startsWith("log: "))].join("; ")}\n`,
  );
  await lifecycle.stop();
});
