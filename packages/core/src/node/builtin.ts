/** Loads modules of Node without an import statement, and refuses a Node.js that is too old for Packetron. */

/** Returns a module of Node by its name, such as `"node:fs"`. Node.js has this function since 20.16. */
export const loadBuiltin: typeof process.getBuiltinModule =
  process.getBuiltinModule ?? refuseOldNode(process.version);

function refuseOldNode(version: string): never {
  const error = new Error(
    `Packetron needs Node.js 20.19 or newer (22.12 or newer of Node.js 22), and this is ${version}.`,
  );
  error.stack = error.message; // the sentence alone, because no line of the program is wrong
  throw error;
}
