import { spawnSync } from "node:child_process";
import { expect, test, vi } from "vitest";
import { startExample } from "../../../scripts/test/_example.ts";

const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

test.skipIf(!hasRedis)(
  "three programs have one count, one limit, one leader, and hear each other",
  async () => {
    const program = await startExample("many-machines");
    const origins = await vi.waitFor(
      () => {
        const found = [...program.output().matchAll(/machine \d: (http:\S+)/g)].map(([, origin]) => origin);
        expect(found).toHaveLength(3);
        return found;
      },
      { timeout: 20_000 },
    );
    const [one, two, three] = origins;
    const read = async (url: string): Promise<unknown> => (await fetch(url)).json();
    // While the processes start, an answer of Redis can be late, and a late one may be counted.
    const visit = (origin?: string): Promise<number> =>
      vi.waitFor(async () => {
        const answer = await read(`${origin}/visits`);
        expect(answer).toMatchObject({ visits: expect.any(Number) });
        return Number(Reflect.get(Object(answer), "visits"));
      });
    const first = await visit(one);
    expect(await visit(two)).toBeGreaterThan(first);

    const answers = [one, two, three, one, two, three, one].map((origin) => fetch(`${origin}/limited`));
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    // Five are allowed, and without a common limit none of the seven would be refused. On a busy machine an answer of Redis can
    // be late, and a sixth passes; the tests of the package prove the bound.
    expect(statuses).toContain(429);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(5);

    await fetch(`${one}/say/hello`, { method: "POST" });
    await vi.waitFor(async () => expect(await read(`${three}/heard`)).toMatchObject({ texts: ["hello"] }));
    await vi.waitFor(() => expect(program.output().match(/leads, with the token \d+/g)).toHaveLength(1));
    expect(await program.stop()).toBe(0);
  },
);
