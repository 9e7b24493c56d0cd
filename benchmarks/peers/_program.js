/**
 * What the programs of this folder share. Each is started as `<runtime> <program>.js <application> [variant]`, listens on a
 * free port of 127.0.0.1 and prints it as one line of JSON. They are plain JavaScript, so that no type stripping is in
 * the figures.
 */

/** The application that the scenario wants: a key of the program's table of builders. */
export const application = process.argv[2] ?? "";

/** What tells contestants of one program apart, such as `"direct"` and `"standard"`. */
export const variant = process.argv[3] ?? "";

/** The folder of the files that the `static` application serves. */
export const publicFolder = process.env.BENCHMARK_PUBLIC ?? "";

/** The folder that the `upload` application writes to. */
export const uploadFolder = process.env.BENCHMARK_UPLOADS ?? "";

/** Calls the builder of the wanted application. */
export function build(builders) {
  if (!Object.hasOwn(builders, application)) throw new Error(`there is no application "${application}" here`);
  return builders[application]();
}

/** Listens with a Node server and tells the harness where. */
export function listen(server) {
  // The backlog of nginx and of Bun; Node's default of 511 is what they have too.
  server.listen(0, "127.0.0.1", () => announce(server.address().port));
}

/** Tells the harness that the server takes connections. */
export function announce(port) {
  process.stdout.write(`${JSON.stringify({ port })}\n`);
}
