/**
 * The public names of packetron: all of @packetron/core, with a `Packetron` of its own, and those of every capability.
 *
 * @module
 */

// The server, with every capability registered. A name that is exported by itself wins over the same name of a `*`.
export { Packetron } from "./packetron.ts";

// Core. Exported with `*`, so that `declare module "packetron"` adds members to the types of core. TypeScript would merge
// the members into a copy of a class that is exported by name. The table of features lists every name that is public.
// biome-ignore lint/performance/noReExportAll: see above
export * from "@packetron/core";

// The capabilities
// biome-ignore lint/performance/noReExportAll: the file lists them, so that a new package changes one file
export * from "./packetron.ts";
