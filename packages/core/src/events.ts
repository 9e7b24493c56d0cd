/** What a server tells its listeners. */
import type { AddressInfo } from "node:net";

/** Events of a server: name, then arguments. */
export interface PacketronEvents {
  /** This process accepts connections. */
  listening: [address: AddressInfo];
  /** No new connections are accepted; what is in flight is finished. */
  draining: [];
  /** Everything is closed. */
  stopped: [];
  /** An unexpected error: a handler or gate that threw, a start that failed, a crash loop. */
  error: [error: unknown];
}
