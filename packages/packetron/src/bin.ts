#!/usr/bin/env node
/** The program `packetron`: that of @packetron/cli, so that `npx packetron` needs no further install. */
import { runCommandLine } from "@packetron/cli";

await runCommandLine(process.argv.slice(2));
