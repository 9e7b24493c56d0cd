/** Formats where a server listens. */
import type { ServerAddress } from "@packetron/core/control";

/** The place of a server as text: `127.0.0.1:3000`, `[::1]:3000`, or the path of a Unix socket. */
export function formatAddress(place: ServerAddress): string {
  if (typeof place === "string") return place;
  const { address, port } = place;
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
