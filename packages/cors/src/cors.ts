/** The capability `cors()`: reads the option `cors` of the server and of routes. */
import type { Capability } from "@packetron/core";
import type { CorsOptions } from "./options.ts";
import { Policies } from "./policies.ts";

declare module "@packetron/core" {
  interface ServerOptions {
    /**
     * Cross-origin resource sharing: which pages of other origins may read the answers, refusals among them. `true` lets
     * all pages read, without credentials. Routes override it.
     * @default false
     */
    cors?: boolean | CorsOptions;
  }
  interface EndpointOptions {
    /**
     * The same for this route or these files, in place of the server's option: an object replaces all of it, `false`
     * turns it off, `true` turns it on as the server has it. `null` is the same as no value.
     * @default the server's
     */
    cors?: boolean | CorsOptions | null;
  }
}

/**
 * Adds the option `cors`. Each answer gets the headers by which a browser lets a page of another origin read it: answers
 * of handlers, files and streams, and core's own 400, 404, 405, 413, 415, 429, 500 and 503. Preflights are answered with
 * 204 before plugins run.
 *
 * Without the option, a request runs no code of this package. The constructor and `handle()` throw PKT_OPTION_INVALID
 * and PKT_OPTION_UNKNOWN.
 *
 * @example
 * const server = new Packetron({
 *   capabilities: [cors()],
 *   cors: { origin: ["https://app.example"], credentials: true },
 * });
 */
export function cors(): Capability {
  return {
    name: "@packetron/cors",
    install(host) {
      const policies = new Policies(host);
      host.serverOption("cors", (value) => {
        if (value !== undefined && value !== false) policies.setServer(value);
      });
      host.routeOption("cors", (value, route) => {
        if (value !== null) policies.setRoute(value, route);
      });
    },
  };
}
