/** The capability `securityHeaders()`: reads the option of the server and of routes, and gives the headers to answers. */
import type { Answering, Capability, PacketronRoute } from "@packetron/core";
import { isSecure, prepareHeaders } from "@packetron/core/capability";
import { learnHeaders } from "./learn-headers.ts";
import { readOptions, type SecurityHeadersOptions } from "./options.ts";

declare module "@packetron/core" {
  interface ServerOptions {
    /**
     * Security headers on every answer: `true` for the defaults of helmet 8, or its options. Routes override it.
     * @default false
     */
    securityHeaders?: boolean | SecurityHeadersOptions;
  }
  interface EndpointOptions {
    /**
     * The same for this route or these files, in place of the server's option: an object replaces all of it, `false`
     * turns it off, `true` turns it on as the server has it. `null` is the same as no value.
     * @default the server's
     */
    securityHeaders?: boolean | SecurityHeadersOptions | null;
  }
}

/** The header that browsers must not follow over plain HTTP, and servers must not send there: RFC 6797 section 7.2. */
const HSTS = "Strict-Transport-Security";

/**
 * Adds the option `securityHeaders`. Each answer gets the headers that helmet sets, also core's own refusals.
 * `Strict-Transport-Security` is sent over TLS only: of this server, or of a proxy that `trustProxy` trusts. A header that
 * a handler sets wins.
 *
 * helmet runs once, when the option is read. Without the option it is not loaded, and a request runs no code of this
 * package. The constructor and `handle()` throw PKT_OPTION_INVALID and PKT_OPTION_UNKNOWN.
 *
 * @example
 * const server = new Packetron({ capabilities: [securityHeaders()], securityHeaders: { xFrameOptions: { action: "deny" } } });
 */
export function securityHeaders(): Capability {
  return {
    name: "@packetron/security-headers",
    install(host) {
      let ofServer: Answering | null = null;
      const overridden = new WeakSet<PacketronRoute>();
      const known = new WeakMap<object, Answering>();
      host.serverOption("securityHeaders", (value) => {
        if (value === undefined || value === false) return;
        const add = createAnswering(value);
        ofServer = add;
        host.answering((request, response, answer) => {
          if (request.route === null || !overridden.has(request.route)) add(request, response, answer);
        });
      });
      host.routeOption("securityHeaders", (value, route) => {
        if (value === null || (value === true && ofServer !== null)) return;
        if (ofServer !== null) overridden.add(route);
        if (value !== false) host.answering(remember(known, value), route);
      });
    },
  };
}

/** Makes the function of an option once: the routes of served files have the same object. */
function remember(known: WeakMap<object, Answering>, value: unknown): Answering {
  if (typeof value !== "object" || value === null) return createAnswering(value);
  const found = known.get(value) ?? createAnswering(value);
  known.set(value, found);
  return found;
}

/** Makes the function that gives the headers of an option to an answer. */
function createAnswering(value: unknown): Answering {
  const { headers, removesPoweredBy } = learnHeaders(readOptions(value));
  const { [HSTS]: hsts, ...others } = headers;
  const add = prepareHeaders(others);
  const addToSecure = prepareHeaders(headers);
  return (request, response) => {
    if (removesPoweredBy && response.hasHeader("X-Powered-By")) response.removeHeader("X-Powered-By");
    if (hsts !== undefined && isSecure(request)) addToSecure(response);
    else add(response);
  };
}
