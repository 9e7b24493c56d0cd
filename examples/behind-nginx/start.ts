/** Starts the server, and nginx or Caddy before it, with the files of this folder. PROXY=caddy chooses Caddy. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const { PROXY = "nginx", PORT = "8080" } = process.env;
const folder = mkdtempSync(join(tmpdir(), "behind-nginx-"));
chmodSync(folder, 0o755);
const socket = join(folder, "api.sock");
const port = PORT === "0" ? await findFreePort() : Number(PORT);
const address = `127.0.0.1:${port}`;

/** Writes a file of this folder into the other one, with the socket and the port of this run. Returns the path. */
function adapt(name: string, replacements: readonly (readonly [from: string, to: string])[]): string {
  let text = readFileSync(join(import.meta.dirname, name), "utf8").replaceAll("/run/api/api.sock", socket);
  for (const [from, to] of replacements) text = text.replace(from, to);
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function startNginx(): ChildProcess {
  const site = adapt("nginx.conf", [["listen 80;", `listen ${address};`]]);
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${name};`,
  );
  // nginx that root starts has another user for its workers, who may not open the socket.
  const user = process.getuid?.() === 0 ? "user root;" : "";
  const main = `daemon off; ${user} pid nginx.pid; error_log stderr warn; events {}
    http { access_log off; ${paths.join(" ")} include ${site}; }`;
  writeFileSync(join(folder, "main.conf"), main);
  return spawn("nginx", ["-p", folder, "-e", "stderr", "-c", "main.conf"], { stdio: "inherit" });
}

function startCaddy(): ChildProcess {
  const config = adapt("Caddyfile", [
    ["api.example {", `{\n\tadmin off\n}\nhttp://${address} {\n\tbind 127.0.0.1`],
  ]);
  const env = { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  return spawn("caddy", ["run", "--config", config, "--adapter", "caddyfile"], { env, stdio: "inherit" });
}

const server = spawn(process.execPath, ["server.ts"], {
  cwd: import.meta.dirname,
  env: { ...process.env, SOCKET: socket },
  stdio: "inherit",
});
while (!existsSync(socket)) await pause(20);
const proxy = PROXY === "caddy" ? startCaddy() : startNginx();
proxy.once("error", (error) => {
  console.error(`${PROXY} cannot be started (${error.message}). On Debian: apt-get install ${PROXY}`);
  server.kill("SIGTERM");
  process.exitCode = 1;
});
process.once("SIGINT", stop).once("SIGTERM", stop);
while (!(await answers())) await pause(20);
console.log(`Try http://${address}/whoami`);

async function answers(): Promise<boolean> {
  return fetch(`http://${address}/whoami`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** The proxy ends first, so that no client finds it without a server. */
async function stop(): Promise<void> {
  await end(proxy);
  await end(server);
  rmSync(folder, { recursive: true, force: true });
  process.exit(server.exitCode === 0 ? 0 : 1);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const found = probe.address();
  probe.close();
  return typeof found === "object" && found !== null ? found.port : 0;
}
