/**
 * What the programs of this folder share. Each is started as `<runtime> <program>.js <application> [variant]`, listens on a
 * free port of 127.0.0.1 and prints it as one line of JSON. They are plain JavaScript, so that no type stripping is in
 * the figures.
 */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";

/** The application that the scenario wants: a key of the program's table of builders. */
export const application = process.argv[2] ?? "";

/** What tells contestants of one program apart, such as `"direct"` and `"standard"`. */
export const variant = process.argv[3] ?? "";

/** The folder of the files that the `static` application serves. */
export const publicFolder = process.env.BENCHMARK_PUBLIC ?? "";

/** Calls the builder of the wanted application. */
export function build(builders) {
  if (!Object.hasOwn(builders, application)) throw new Error(`there is no application "${application}" here`);
  return builders[application]();
}

/** Listens with a Node server and tells the harness where. */
export function listen(server) {
  server.listen(0, "127.0.0.1", () => announce(server.address().port));
}

/** Tells the harness that the server takes connections. */
export function announce(port) {
  process.stdout.write(`${JSON.stringify({ port })}\n`);
}

/** Makes as many middlewares as the application's name says; a function of its own each, as in a program. */
export function middlewares(create) {
  return Array.from({ length: Number(application.split("-").at(-1)) }, (_, index) =>
    create(`x-blocked-${index}`),
  );
}

/** A folder of this contestant alone, for what it receives. */
export function makeUploadFolder() {
  return mkdtempSync(join(process.env.BENCHMARK_UPLOADS ?? "", "contestant-"));
}
