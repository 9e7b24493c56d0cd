/** The capability `openapi()`: the document of a server, and a page that shows it. */
import type { Capability, CapabilityHost, Handler, PacketronRoute } from "@packetron/core";
import { routeFacts } from "@packetron/core/capability";
import { createDocument, type OpenapiDocument } from "./document.ts";
import { openapiError } from "./errors.ts";
import {
  assertDocs,
  type DocsOptions,
  type OpenapiOptions,
  type OpenapiSettings,
  resolveSettings,
} from "./options.ts";
import { pageHandlers } from "./page.ts";
import { printInsteadOfStart } from "./print.ts";
import { createPage } from "./ui.ts";

declare module "@packetron/core" {
  interface ServerOptions {
    /**
     * An OpenAPI 3.1 document of the routes, their schemas, flags and limits; with `page` also a page that shows it.
     * @default none
     */
    openapi?: OpenapiOptions;
  }
  interface EndpointOptions {
    /**
     * What the OpenAPI document says about this route beside its schemas. `false` leaves it out, as `{ hidden: true }` does.
     * @default none
     */
    docs?: DocsOptions | false | null;
  }
  interface Packetron {
    /**
     * Makes the OpenAPI document of the routes that the server has now. A schema without a JSON Schema is `{}` there, and
     * is logged once.
     *
     * @throws PKT_OPENAPI_OFF on a server without the option `openapi`
     * @example
     * writeFileSync("openapi.json", JSON.stringify(server.openapi(), null, 2));
     */
    openapi(): OpenapiDocument;
  }
}

/**
 * Adds the option `openapi` of the server, the option `docs` of routes, and `server.openapi()`. The document is served at
 * `path`, and a page at `page.path` with the files of the package that you install. A route of the program with one of
 * these paths replaces it. Without the option, a request runs no code of this package.
 *
 * The constructor and `handle()` throw PKT_OPTION_INVALID and PKT_OPTION_UNKNOWN, the constructor PKT_OPENAPI_UI for a
 * page whose package is not installed.
 *
 * @example
 * const server = new Packetron({
 *   capabilities: [bodyJson(), validate(), openapi()],
 *   openapi: { info: { title: "Orders", version: "1.0.0" }, page: { path: "docs", ui: "swagger-ui" } },
 * });
 */
export function openapi(): Capability {
  return {
    name: "@packetron/openapi",
    install(host) {
      let create: (() => OpenapiDocument) | null = null;
      host.serverOption("openapi", (value) => {
        if (value === undefined) return;
        const settings = resolveSettings(value);
        create = createDocuments(host, settings);
        serve(host, settings, create);
        printInsteadOfStart(host.server, create);
      });
      host.routeOption("docs", (value) => {
        if (value !== null && value !== false) assertDocs(value);
      });
      host.extend("server", "openapi", () => {
        if (create === null) throw openapiError("PKT_OPENAPI_OFF");
        return create();
      });
    },
  };
}

/** Makes the function that gives the document, which is made again when the routes have changed. */
function createDocuments(host: CapabilityHost, settings: OpenapiSettings): () => OpenapiDocument {
  const reported = new Set<string>();
  let routes: readonly PacketronRoute[] = [];
  let document: OpenapiDocument | null = null;
  const report = (of: PacketronRoute, part: string, reason: string): void => {
    const key = `${of} ${part}`;
    if (reported.has(key)) return;
    reported.add(key);
    host.log.warn(
      { route: String(of), part, reason },
      "a schema has no JSON Schema, and is {} in the OpenAPI document",
    );
  };
  return () => {
    const facts = routeFacts(host);
    const isSame =
      facts.length === routes.length && facts.every((fact, index) => fact.route === routes[index]);
    if (document !== null && isSame) return document;
    routes = facts.map((fact) => fact.route);
    document = createDocument(facts, settings, report);
    return document;
  };
}

/** Registers the routes of the document and of the page, before those of the program. */
function serve(host: CapabilityHost, settings: OpenapiSettings, create: () => OpenapiDocument): void {
  const { path, page, info, servers } = settings;
  const handlers = new Map<string, Handler>();
  if (path !== null) handlers.set(path, (_request, response) => response.sendJson(create()));
  if (page !== null && path !== null) {
    const parts = { title: String(info["title"]), documentPath: path, pagePath: page.path };
    for (const [at, handler] of pageHandlers(page.path, createPage(page.ui, parts), servers ?? []))
      handlers.set(at, handler);
  }
  for (const [routePath, handler] of handlers) host.server.handle({ routePath, docs: false, handler });
}
