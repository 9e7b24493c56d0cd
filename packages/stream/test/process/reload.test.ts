/** Many streams through a reload: none of them loses an event, and all clients come back. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { fixtureFile } from "../../../core/test/process/_fixture-file.ts";
import { parseEvents } from "../_event-parser.ts";

const CLIENTS = process.env["PACKETRON_TEST_FULL"] === undefined ? 100 : 1_000;
/** How many clients connect at the same time: fewer than the backlog of a busy machine. */
const BATCH = 50;
const WAIT = 30_000;

interface Line {
  readonly event?: string;
  readonly pid: number;
  readonly [fact: string]: unknown;
}

/** Runs the program. Returns its lines, which grow. */
function run(dispatch: string) {
  const path = fixtureFile("stream/events-app");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", path], {
    // The same number of events a second for any number of clients, because the test reads them all.
    env: { ...process.env, PACKETRON_DISPATCH: dispatch, INTERVAL: String(CLIENTS / 20) },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  if (child.stdout === null) throw new Error("no output");
  onTestFinished(() => void child.kill("SIGKILL")); // the workers exit with their primary
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line)));
  const all = (event: string) => lines.filter((line) => line.event === event);
  return { child, all, lines };
}

/** What a client has received on one connection. */
interface Visit {
  readonly pid: number;
  readonly lastEventId: number;
  readonly isComplete: boolean;
  readonly ids: readonly number[];
}

/** Follows a stream as EventSource does: connects again after each end, with the last id, until it is told to stop. */
class Client {
  readonly visits: Visit[] = [];
  /** The process that sends to it now; 0 without an event. */
  pid = 0;
  failures = 0;
  isStopping = false;
  readonly #url: string;
  #text = "";

  constructor(port: number, name: number) {
    this.#url = `http://127.0.0.1:${port}/events?client=${name}`;
  }

  async follow(): Promise<void> {
    let lastEventId = 0;
    while (!this.isStopping) {
      const headers = lastEventId === 0 ? {} : { "Last-Event-ID": String(lastEventId) };
      const request = get(this.#url, { agent: false, headers });
      const answer: IncomingMessage | null = await once(request, "response").then(
        ([first]) => first,
        () => null,
      );
      if (answer === null) {
        this.failures++;
        return;
      }
      await this.#read(answer);
      const { events, retry, ...rest } = parseEvents(this.#text);
      const ids = events.map((event) => Number(event.lastEventId));
      lastEventId = Number(rest.lastEventId) || lastEventId;
      this.visits.push({ pid: this.pid, lastEventId, isComplete: answer.complete && retry === 20, ids });
      await pause(retry ?? 0);
    }
  }

  async #read(answer: IncomingMessage): Promise<void> {
    this.#text = "";
    this.pid = 0;
    answer.setEncoding("utf8").on("data", (chunk: string) => {
      this.#text += chunk;
      if (this.pid === 0) this.pid = Number(/^data: (\d+)\n/m.exec(this.#text)?.[1] ?? 0);
    });
    answer.on("error", () => undefined);
    await once(answer, "close");
  }
}

test.each(["direct", "standard"])(
  `${CLIENTS} streams end with all that was sent when their workers are replaced, and their clients come back, %s dispatch`,
  { timeout: 60_000 },
  async (dispatch) => {
    const { child, all, lines } = run(dispatch);
    await vi.waitFor(() => expect(all("started")).toHaveLength(1), WAIT);
    const clients = Array.from(
      { length: CLIENTS },
      (_, name) => new Client(Number(all("started")[0]?.["port"]), name),
    );
    const followed: Promise<void>[] = [];
    for (let start = 0; start < CLIENTS; start += BATCH) {
      const batch = clients.slice(start, start + BATCH);
      followed.push(...batch.map((client) => client.follow()));
      await vi.waitFor(() => expect(batch.every((client) => client.pid !== 0)).toBe(true), WAIT);
    }
    const before = new Set(clients.map((client) => client.pid));

    child.send("reload");
    await vi.waitFor(() => expect(all("reloaded")).toMatchObject([{ ok: true, generation: 2 }]), WAIT);
    await vi.waitFor(() => expect(all("drained")).toHaveLength(2), WAIT);
    await vi.waitFor(
      () => expect(clients.every((client) => client.pid !== 0 && !before.has(client.pid))).toBe(true),
      WAIT,
    );

    for (const client of clients) client.isStopping = true;
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    await Promise.all(followed);

    expect(all("drained")).toHaveLength(4);
    for (const line of all("drained"))
      expect(line).toMatchObject({
        load: { connections: 0, inFlight: 0 },
        streams: 0,
        timers: { left: 0, most: 1 },
      });
    const ended = new Map(all("ended").map((line) => [`${line["client"]} ${line.pid} ${line["id"]}`, line]));
    for (const [name, { visits, failures }] of clients.entries()) {
      expect(failures).toBe(0);
      expect(visits.length).toBeGreaterThanOrEqual(2);
      // The last event that a worker has sent to a client is the last one that this client has received from it.
      for (const { pid, lastEventId, isComplete, ids } of visits) {
        expect(isComplete).toBe(true);
        // A worker that drains already gives a client nothing but the time to come back, and has no process in its events.
        if (ids.length > 0) expect([...ended.keys()]).toContain(`${name} ${pid} ${lastEventId}`);
      }
      const ids = visits.flatMap((visit) => visit.ids);
      expect(ids).toEqual(Array.from(ids, (_, index) => index + 1));
    }
    expect(lines.filter((line) => line.event === undefined)).toEqual([]);
  },
);
