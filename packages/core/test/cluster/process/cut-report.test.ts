import { expect, test } from "vitest";
import {
  addCuts,
  countRequests,
  describeCuts,
  logCuts,
  MAX_NAME_LENGTH,
  MAX_NAMES,
  NOTHING_CUT,
} from "../../../src/cluster/process/cut-report.ts";

const get = (url: string): { method: string; url: string } => ({ method: "GET", url });

test.each([
  [{ requests: 1, connections: 0, names: ["GET /"] }, "1 request was cut after 25 s: GET /"],
  [{ requests: 2, connections: 0, names: ["GET /"] }, "2 requests were cut after 25 s: GET /"],
  [{ requests: 0, connections: 1, names: [] }, "1 connection was cut after 25 s"],
  [
    { requests: 1, connections: 2, names: ["GET /a"] },
    "1 request and 2 other connections were cut after 25 s: GET /a",
  ],
  [
    { requests: 7, connections: 0, names: ["a", "b", "c", "d", "e", "f"] },
    "7 requests were cut after 25 s: a, b, c, d, e, …",
  ],
])("%j is described as %j", (report, text) => {
  expect(describeCuts(report, 25_000)).toBe(text);
});

test("a request is named by method and path without its query, once, and with a limit of length", () => {
  const long = `/${"x".repeat(1_000)}`;
  const { requests, names } = countRequests([get("/a?token=secret"), get("/a"), get(long)]);
  expect(requests).toBe(3);
  expect(names).toEqual(["GET /a", `GET ${long}`.slice(0, MAX_NAME_LENGTH)]);
});

test("reports of several workers are added up, and names have a limit", () => {
  const reports = Array.from({ length: 20 }, (_, index) => ({
    connections: 1,
    ...countRequests([get(`/${index}`), get("/same")]),
  }));
  const sum = addCuts([NOTHING_CUT, ...reports]);
  expect([sum.requests, sum.connections, sum.names.length]).toEqual([40, 20, MAX_NAMES]);
  expect(new Set(sum.names).size).toBe(MAX_NAMES);
});

test("nothing is logged when nothing was cut", () => {
  const lines: string[] = [];
  const record = (_fields: object, message: string): void => void lines.push(message);
  const log = { debug: record, info: record, warn: record, error: record };
  logCuts(log, NOTHING_CUT, 100);
  logCuts(log, { ...NOTHING_CUT, connections: 1 }, 100, "worker 2: ");
  expect(lines).toEqual(["worker 2: 1 connection was cut after 0.1 s"]);
});
