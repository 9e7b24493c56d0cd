/** The API of the original, by the programs of its README: limits, plugins and global data, also in a cluster. */
import { describe, expect, test } from "vitest";
import { createForm, post, readJson, startOriginal, useOriginal } from "./_original.ts";

describe("limits", () => {
  const program = useOriginal("limits");

  test("maxRequestsPerSecond and maxRequestSizeInBytes: an upload within both passes", async () => {
    const { origin } = program();
    const body = createForm([["file", "a".repeat(1_000_000), "a.bin"]]);
    expect(await readJson(fetch(`${origin}/api/upload`, { method: "POST", body }))).toEqual({
      sizes: [1_000_000],
    });
  });

  test("maxRequestsPerSecond: counts in each worker, and answers the rest with 429 and Retry-After", async () => {
    const { origin } = program();
    // Each request has its own connection. They open together, and the primary distributes them over two workers.
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => fetch(`${origin}/few`, { headers: { Connection: "close" } })),
    );
    const passed = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 429);
    expect(passed.length + refused.length).toBe(40);
    expect(refused.map(({ headers }) => headers.get("retry-after"))).toEqual(Array(refused.length).fill("1"));
    expect(refused).not.toEqual([]);
    // A window may end while requests arrive, but each worker accepts at least three.
    const workers = await Promise.all(passed.map(async (answer) => (await readJson(answer))["worker"]));
    for (const worker of [1, 2]) {
      expect(workers.filter((candidate) => candidate === worker).length).toBeGreaterThanOrEqual(3);
    }
  });

  test("maxRequestSizeInBytes: a body over it is 413, declared as well as chunked, and exactly the cap passes", async () => {
    const { origin } = program();
    const url = `${origin}/small`;
    expect(await readJson(post(url, "text/plain", "0123456789"))).toEqual({ body: "0123456789" });
    expect((await post(url, "text/plain", "0123456789a")).status).toBe(413);
    const chunked = new ReadableStream({
      start(controller) {
        for (const chunk of ["01234", "56789", "a"]) controller.enqueue(Buffer.from(chunk));
        controller.close();
      },
    });
    const init = { method: "POST", body: chunked, duplex: "half" } satisfies RequestInit & { duplex: "half" };
    expect((await fetch(url, init)).status).toBe(413);
  });
});

describe("plugins", () => {
  const program = useOriginal("plugins");

  test("authPlugin answers 401 and stops the chain, or lets the handler answer", async () => {
    const { origin } = program();
    const refused = await fetch(`${origin}/api/secret`);
    expect([refused.status, await refused.text()]).toEqual([401, ""]);
    expect(refused.headers.get("x-order")).toBe("first moving last");
    const passed = await fetch(`${origin}/api/secret`, { headers: { Cookie: "session=abc" } });
    expect(await passed.json()).toEqual({ ok: true });
    expect(passed.headers.get("x-order")).toBe("first moving last behind");
  });

  test("LOCAL_PLUGINS_ONLY skips the global plugins, and those of the route run", async () => {
    const { origin } = program();
    expect((await fetch(`${origin}/local`)).headers.get("x-order")).toBe("own");
  });

  test("setPriority() sorts every manager again, remove(manager) leaves one, remove() leaves all", async () => {
    const { origin } = await startOriginal("plugins");
    const order = async (): Promise<string | null> =>
      (await fetch(`${origin}/shared`)).headers.get("x-order");
    expect(await order()).toBe("first moving last moving last");
    await fetch(`${origin}/changes/lowest`);
    expect(await order()).toBe("first last moving last moving");
    await fetch(`${origin}/changes/off-shared`);
    expect(await order()).toBe("first last moving last");
    await fetch(`${origin}/changes/off`);
    expect(await order()).toBe("first last last");
  });
});

test("global data: what one worker sets, every worker gets", async () => {
  const { origin } = await startOriginal("global-data");
  expect(await valuesByWorker(origin)).toEqual(
    new Map([
      [1, [null]],
      [2, [null]],
    ]),
  );
  await fetch(`${origin}/set`);
  expect(await valuesByWorker(origin)).toEqual(
    new Map([
      [1, [42]],
      [2, [42]],
    ]),
  );
});

test("NO_GLOBAL_DATA: values stay in the process that set them", async () => {
  const { origin } = await startOriginal("global-data", { FLAGS: `${1 << 4}` });
  const { worker } = await readJson(fetch(`${origin}/set`, { headers: { Connection: "close" } }));
  const values = await valuesByWorker(origin);
  expect(values.get(Number(worker))).toEqual([42]);
  expect(values.get(3 - Number(worker))).toEqual([null]);
});

/** The distinct values that each worker answers with; each request uses its own connection. */
async function valuesByWorker(origin: string): Promise<Map<number, unknown[]>> {
  const answers = await Promise.all(
    Array.from({ length: 16 }, () => readJson(fetch(`${origin}/get`, { headers: { Connection: "close" } }))),
  );
  const values = new Map<number, Set<unknown>>();
  for (const { worker, value } of answers) {
    values.set(Number(worker), (values.get(Number(worker)) ?? new Set()).add(value));
  }
  return new Map([...values].toSorted(([one], [other]) => one - other).map(([id, set]) => [id, [...set]]));
}
