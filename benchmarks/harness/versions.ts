/** The versions that are shown with a contestant's figures. */
import { publicPackages } from "../../scripts/_packages.ts";
import type { Contestant } from "./contestants.ts";
import { peerVersion } from "./install.ts";
import { nginxVersion } from "./nginx.ts";

/** The versions of a contestant, such as `"fastify 5.12.8, Node 24.21.0"`. */
export function versionsOf({ runtime, program, packages }: Contestant): string {
  const parts = packages.map((name) => `${name} ${peerVersion(name) ?? "?"}`);
  if (program === "packetron.js") parts.push(`packetron ${packetronVersion()}`);
  if (runtime === "node") parts.push(`Node ${process.versions.node}`);
  if (runtime === "nginx") parts.push(`nginx ${nginxVersion() ?? "?"}`);
  return parts.join(", ");
}

function packetronVersion(): string {
  return publicPackages().find(({ manifest }) => manifest.name === "packetron")?.manifest.version ?? "?";
}
