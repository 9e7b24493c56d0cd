/** A body parser for MessagePack. A package for it would contain no more code than this file. */
import { decode } from "@msgpack/msgpack";
import type { Capability } from "@packetron/core";

/** The flag of a route whose body is MessagePack. Bits 20 to 30 are free for third-party parsers. */
export const MSGPACK_BODY: number = 1 << 20;

/** Reads MessagePack bodies on the routes that have {@link MSGPACK_BODY}, or another bit that is given as `flag`. */
export function msgpack(flag: number = MSGPACK_BODY): Capability {
  return {
    name: "example-msgpack",
    install(host) {
      host.bodyParser({
        flag,
        name: "MSGPACK_BODY",
        mediaTypes: ["application/msgpack", "application/vnd.msgpack", "application/x-msgpack"],
        form: "bytes",
        parse: (bytes) => decode(bytes),
      });
    },
  };
}
