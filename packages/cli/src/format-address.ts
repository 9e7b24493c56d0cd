/** Formats where a server listens. */
import type { AddressInfo } from "node:net";

/** The place of a server as text: `127.0.0.1:3000`, `[::1]:3000`, or the path of a Unix socket. */
export function formatAddress({ address, family, port }: AddressInfo): string {
  if (family === "Unix") return address;
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
