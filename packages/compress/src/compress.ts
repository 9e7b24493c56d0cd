/** The capability `compress()`: reads the option `compress` of the server and of routes. */
import type { Answering, Capability, PacketronRoute } from "@packetron/core";
import { createCompression } from "./compression.ts";
import { Jobs } from "./jobs.ts";
import { type CompressOptions, resolveSettings } from "./options.ts";

declare module "@packetron/core" {
  interface ServerOptions {
    /**
     * Compression of answers: `true` for the defaults, or an object. Routes override it. Secrets need thought: read
     * about BREACH in the guide.
     * @default false
     */
    compress?: boolean | CompressOptions;
  }
  interface EndpointOptions {
    /**
     * The same for this route or these files, in place of the server's option: an object replaces all of it, `false`
     * turns it off, `true` turns it on as the server has it. `null` is the same as no value.
     * @default the server's
     */
    compress?: boolean | CompressOptions | null;
  }
}

/**
 * Adds the option `compress`. Answers are compressed with Brotli, Zstandard or gzip, as each client takes it: answers
 * of handlers, files, streams and libraries, and core's own. Event streams stay live, because each write is flushed.
 *
 * Without the option, a request runs no code of this package. The constructor and `handle()` throw PKT_OPTION_INVALID
 * and PKT_OPTION_UNKNOWN.
 *
 * @example
 * const server = new Packetron({ capabilities: [compress()], compress: { encodings: ["br", "gzip"] } });
 */
export function compress(): Capability {
  return {
    name: "@packetron/compress",
    install(host) {
      let ofServer: Answering | null = null;
      const overridden = new WeakSet<PacketronRoute>();
      const known = new WeakMap<object, Answering>();
      host.serverOption("compress", (value) => {
        if (value === undefined || value === false) return;
        const change = createAnswering(value);
        ofServer = change;
        host.answering((request, response, answer) =>
          request.route !== null && overridden.has(request.route)
            ? undefined
            : change(request, response, answer),
        );
      });
      host.routeOption("compress", (value, route) => {
        if (value === null || (value === true && ofServer !== null)) return;
        if (ofServer !== null) overridden.add(route);
        if (value !== false) host.answering(remembered(known, value), route);
      });
    },
  };
}

/** The jobs of this process: its servers share one thread pool. */
const jobs = new Jobs();

/** Makes the function of an option once: the routes of served files have the same object. */
function remembered(known: WeakMap<object, Answering>, value: unknown): Answering {
  if (typeof value !== "object" || value === null) return createAnswering(value);
  const found = known.get(value) ?? createAnswering(value);
  known.set(value, found);
  return found;
}

function createAnswering(value: unknown): Answering {
  return createCompression(resolveSettings(value), jobs);
}
