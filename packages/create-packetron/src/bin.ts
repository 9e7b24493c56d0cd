#!/usr/bin/env node
/** The executable `create-packetron`. */
import { runCommandLine } from "./run.ts";

await runCommandLine(process.argv.slice(2));
