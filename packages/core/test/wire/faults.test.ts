import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { problem } from "../_problem.ts";
import { ask, exchange, field } from "../_raw.ts";
import { faults } from "./_faults.ts";
import { type Subject, subjects } from "./_subjects.ts";

describe.each(subjects)("a bad request to %s", (_name, start) => {
  let subject: Subject;
  let before: number;
  beforeAll(async () => {
    subject = await start();
    before = countSockets();
  });
  afterAll(async () => {
    expect(subject.reported).toEqual([]);
    await vi.waitFor(() => expect(countSockets()).toBe(before));
    await subject.stop();
  });

  it.each(faults)("$name is refused once and closes the connection", async ({ bytes, statuses }) => {
    const responses = await exchange(subject, bytes);
    expect(responses).toHaveLength(1);
    const [refusal] = responses;
    if (refusal === undefined) throw new Error("no response");
    expect(statuses).toContain(refusal.status);
    expect(field(refusal, "connection")).toBe("close");
    expect(Date.parse(field(refusal, "date") ?? "")).not.toBeNaN();
    expect(field(refusal, "content-length")).toBe(String(refusal.body.length));
    expect(field(refusal, "content-type")).toBe("application/problem+json");
    expect(String(refusal.body)).toBe(problem(refusal.status));

    const next = await ask(subject, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(next.status).toBe(200);
  });
});

/** The number of open sockets of this process, including those of the test's clients. */
function countSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
}
