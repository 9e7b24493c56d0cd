/** The start commands of contestants, and the reasons why some cannot start. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "../measure/cores.ts";
import type { ServerStart } from "../measure/server.ts";
import type { Contestant } from "./contestants.ts";
import { peersFolder, peerVersion } from "./install.ts";
import { nginxVersion, startNginx } from "./nginx.ts";
import { entryOf } from "./stage.ts";
import type { Workplace } from "./workplace.ts";

const BUN = join(peersFolder, "node_modules", "bun", "bin", "bun.exe"); // this is the name on every system

/** The reason why a contestant cannot start on this machine, for the report; `null` when it can. */
export function missing({ runtime, packages, absence }: Contestant): string | null {
  if (absence !== undefined) return absence;
  if (runtime === "nginx") return nginxVersion() === null ? "nginx is not installed on this machine" : null;
  if (runtime === "bun" && !existsSync(BUN)) return "the npm package `bun` has no binary for this machine";
  const absent = packages.filter((name) => peerVersion(name) === null);
  return absent.length > 0 ? `not installed: ${absent.join(", ")}` : null;
}

/** The command and environment that start a contestant with an application. */
export async function launch(
  contestant: Contestant,
  application: string,
  workplace: Workplace,
): Promise<ServerStart> {
  const { runtime, program, variant } = contestant;
  const core = workplace.cores.server;
  if (runtime === "nginx") return startNginx(variant ?? "", workplace);
  const interpreter = runtime === "bun" ? BUN : process.execPath;
  const args = [join(peersFolder, program), application, ...(variant === undefined ? [] : [variant])];
  const command: Command = [interpreter, ...args];
  return { command, core, environment: environmentOf(contestant, workplace) };
}

function environmentOf({ variant, baselineOf }: Contestant, workplace: Workplace): Record<string, string> {
  const folder = baselineOf === undefined ? workplace.stage : (workplace.baseline ?? workplace.stage);
  return {
    BENCHMARK_PACKETRON: entryOf(folder, variant === "core" ? "@packetron/core" : "packetron"),
    BENCHMARK_PUBLIC: workplace.publicFolder,
    BENCHMARK_UPLOADS: workplace.uploadFolder,
  };
}
