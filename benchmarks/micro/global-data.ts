/**
 * The cost of reads and writes of global data, compared with the minimum without any guarantee: to read, or to replace, a
 * BSON file each time.
 *
 *     node benchmarks/micro/global-data.ts [directory = the temporary one]
 *
 * Prints microseconds for each call, of elapsed time and of CPU: the median and the minimum of interleaved rounds.
 */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { arch, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { placesOf } from "../../packages/global-data/src/directory.ts";
import { decodeFile, encodeFile } from "../../packages/global-data/src/format.ts";
import { FileStore } from "../../packages/global-data/src/store.ts";
import { GlobalValues } from "../../packages/global-data/src/values.ts";

const ROUNDS = 9;
const HEADER = { token: "00".repeat(12), generation: 0n };
const OBJECT = { name: "maintenance", since: new Date(), by: ["ada", "ben"], limits: { perSecond: 100 } };

const parent = mkdtempSync(join(process.argv[2] ?? tmpdir(), "packetron-benchmark-"));
const places = placesOf("benchmark", parent);
const [values, other] = [open(), open()];
const writing = { durable: false, lockTimeout: 5_000 };
let count = 0;

values.set("number", 1, writing);
values.set("object", OBJECT, writing);
for (let key = 0; key < 100; key++) values.set(`other ${key}`, `value ${key}`, writing);
const plain = join(parent, "plain.bson");
writeFileSync(plain, encodeFile(decodeFile(readFileSync(places.file)).data, HEADER));

const contestants: { readonly name: string; readonly calls: number; readonly run: () => unknown }[] = [
  { name: "get a number, nothing changed", calls: 20_000, run: () => values.get("number") },
  { name: "get a small object, nothing changed", calls: 20_000, run: () => values.get("object") },
  { name: "read and decode the file each time", calls: 1_000, run: () => decodeFile(readFileSync(plain)) },
  { name: "set a number", calls: 300, run: () => values.set("number", count++, writing) },
  { name: "update a number", calls: 300, run: () => values.update("number", (n) => Number(n) + 1, writing) },
  { name: "set, then get in another process", calls: 300, run: setAndGet },
  { name: "set a number, globalDataDurability: power", calls: 30, run: setDurably },
  { name: "write and rename the file, nothing else", calls: 300, run: replacePlain },
];

const rounds = contestants.map((): { clock: number; cpu: number }[] => []);
for (let round = 0; round < ROUNDS; round++)
  for (const [index, { calls, run }] of contestants.entries()) rounds[index]?.push(time(calls, run));

const rows = contestants.map(({ name }, index) => [name, ...columns(rounds[index] ?? [])]);
process.stdout.write(
  `Node ${process.versions.node}, ${cpus()[0]?.model ?? arch()}, 102 keys, ${ROUNDS} rounds\n`,
);
for (const row of [["µs for each call", "median", "min", "CPU", "min"], ...rows])
  process.stdout.write(
    `${row.map((cell, column) => (column === 0 ? cell.padEnd(40) : cell.padStart(9))).join("")}\n`,
  );
for (const each of [values, other]) each.close();
rmSync(parent, { recursive: true });

/** Opens the global data like another process, which shares only the file. */
function open(): GlobalValues {
  return new GlobalValues(new FileStore({ places: () => places }));
}

function setAndGet(): void {
  values.set("number", count++, writing);
  other.get("number");
}

function setDurably(): void {
  values.set("number", count++, { ...writing, durable: true });
}

function replacePlain(): void {
  writeFileSync(`${plain}.new`, encodeFile({ number: count++ }, HEADER));
  renameSync(`${plain}.new`, plain);
}

function time(calls: number, run: () => unknown): { clock: number; cpu: number } {
  const [cpu, clock] = [process.cpuUsage(), performance.now()];
  for (let call = 0; call < calls; call++) run();
  const { user, system } = process.cpuUsage(cpu);
  return { clock: ((performance.now() - clock) * 1_000) / calls, cpu: (user + system) / calls };
}

function columns(results: readonly { clock: number; cpu: number }[]): string[] {
  const byClock = results.map(({ clock }) => clock).toSorted((one, next) => one - next);
  const byCpu = results.map(({ cpu }) => cpu).toSorted((one, next) => one - next);
  return [byClock, byCpu]
    .flatMap((sorted) => [sorted[ROUNDS >> 1], sorted[0]])
    .map((value) => (value ?? 0).toFixed(1));
}
