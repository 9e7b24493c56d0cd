/** nginx for the static scenarios, if it is installed: one worker process with default settings. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { ServerStart } from "../measure/server.ts";
import type { Workplace } from "./workplace.ts";

/** The installed version of nginx; `null` without nginx. */
export function nginxVersion(): string | null {
  const { stderr } = spawnSync("nginx", ["-v"]);
  return /nginx\/(\S+)/.exec(stderr?.toString() ?? "")?.[1] ?? null;
}

/** Writes the configuration, and returns the start command. The variant `"cached"` keeps files open, revalidated each second. */
export async function startNginx(variant: string, workplace: Workplace): Promise<ServerStart> {
  const folder = mkdtempSync(join(workplace.folder, "nginx-"));
  const port = await freePort();
  const file = join(folder, "nginx.conf");
  writeFileSync(file, configuration(folder, port, variant, workplace.publicFolder));
  return {
    command: ["nginx", "-p", folder, "-c", file],
    core: workplace.cores.server,
    environment: {},
    port,
  };
}

function configuration(folder: string, port: number, variant: string, root: string): string {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const user = process.getuid?.() === 0 ? "user root;\n" : ""; // the files are then in a folder that only root may read
  return `${user}worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 2048; }
http {
  types { text/plain txt; text/html html; application/javascript js; }
  charset utf-8;
  sendfile on;
  tcp_nopush on;
  access_log off;
  keepalive_requests 1000000000;
  ${variant === "cached" ? "open_file_cache max=1000;\n  open_file_cache_valid 1s;" : ""}
  ${paths.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  server {
    listen 127.0.0.1:${port};
    root ${root};
  }
}
`;
}

/** Finds a free port, because nginx cannot choose one and report it. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("no address");
  return address.port;
}
