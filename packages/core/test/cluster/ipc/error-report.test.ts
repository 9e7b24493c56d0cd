import { expect, test } from "vitest";
import { fromReport, headlineOf, toReport } from "../../../src/cluster/ipc/error-report.ts";
import { coreError } from "../../../src/errors/errors.ts";

const travel = (error: unknown): ReturnType<typeof toReport> => JSON.parse(JSON.stringify(toReport(error)));

test("an error without a code of ours is the cause of PKT_CLUSTER_WORKER_DIED", () => {
  const error = fromReport(2, "exit code 1", travel(new TypeError("x is not a function")));
  expect(error).toMatchObject({
    code: "PKT_CLUSTER_WORKER_DIED",
    message: "Worker 2 ended before it was ready (exit code 1). It said: TypeError: x is not a function",
    cause: { message: "x is not a function", stack: expect.stringContaining("error-report.test.ts") },
  });
});

test("an error with a code of ours keeps code and message", () => {
  const original = coreError("PKT_ROUTE_PATH", { option: "routePath", path: "x", problem: "bad" });
  const error = fromReport(1, "exit code 1", travel(original));
  expect(error).toMatchObject({ code: "PKT_ROUTE_PATH", message: original.message, stack: original.stack });
});

test("an exit without an error reports the exit code", () => {
  expect(fromReport(1, "exit code 7", undefined).message).toBe(
    "Worker 1 ended before it was ready (exit code 7).",
  );
});

test.each([undefined, null, "text", 7, { message: "no error" }])(
  "%j can be thrown and reported, too",
  (thrown) => {
    expect(headlineOf(travel(thrown))).toBe(String(thrown));
  },
);
