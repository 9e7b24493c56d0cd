#!/usr/bin/env node
/** The executable `packetron`, the same as in @packetron/cli, so that `npx packetron` needs no further package. */
import { runCommandLine } from "@packetron/cli";

await runCommandLine(process.argv.slice(2));
