/**
 * Functions that the programs in this folder share. Each program is started as `<runtime> <program>.js <application>
 * [variant]`, listens on a free port of 127.0.0.1, and prints the port as one line of JSON. The programs are JavaScript,
 * so that type stripping is not part of the figures.
 */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { EVENT_INTERVAL, WAIT, WORK } from "./_data.js";

/** The application of the scenario: a key of the program's table of builders. */
export const application = process.argv[2] ?? "";

/** Distinguishes contestants with the same program, for example `"direct"` and `"standard"`. */
export const variant = process.argv[3] ?? "";

/** The folder that the `static` application serves. */
export const publicFolder = process.env.BENCHMARK_PUBLIC ?? "";

/** Calls the builder of the application. */
export function build(builders) {
  if (!Object.hasOwn(builders, application))
    throw new Error(`this program has no application "${application}"`);
  return builders[application]();
}

/** Listens with a Node server, and reports the port to the harness. */
export function listen(server) {
  server.listen(0, "127.0.0.1", () => announce(server.address().port));
}

/** Reports to the harness that the server accepts connections. */
export function announce(port) {
  process.stdout.write(`${JSON.stringify({ port })}\n`);
}

/** What the handler of the `async` application waits for. */
export function wait() {
  return new Promise((resolve) => setTimeout(resolve, WAIT));
}

/** What the handler of the `burst` application does: it keeps the process busy for a fixed time. */
export function work() {
  const end = performance.now() + WORK;
  while (performance.now() < end);
}

/** The open streams of the `events` application: each function in the set gets called at every event. */
export function makeEventSource() {
  const streams = new Set();
  setInterval(() => {
    for (const send of streams) send();
  }, EVENT_INTERVAL);
  return streams;
}

/** Makes the number of middlewares in the application's name, each a separate function, as in a program. */
export function middlewares(create) {
  return Array.from({ length: Number(application.split("-").at(-1)) }, (_, index) =>
    create(`x-blocked-${index}`),
  );
}

/** Makes a folder for the uploads of this contestant. */
export function makeUploadFolder() {
  return mkdtempSync(join(process.env.BENCHMARK_UPLOADS ?? "", "contestant-"));
}
