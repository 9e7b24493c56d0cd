/** Servers that all rows with the same routes use, one after another: most rows need no server of their own. */
import { afterAll } from "vitest";
import type { ServerOptions } from "../../src/index.ts";
import type { OpenSite } from "./_compare.ts";
import type { Kit, Row } from "./_row.ts";
import { openSite, RowServer, routesOf } from "./_site.ts";

/** The long runs give each row a server of its own. */
const full = process.env["PACKETRON_TEST_FULL"] !== undefined;

/** Options of routes that keep nothing from one request to the next. */
const STATELESS = new Set(["flags", "maxRequestSizeInBytes"]);

/**
 * Opens the sites of a file's rows, which run one after another.
 *
 * @param more Options of all servers.
 * @param turns After how many turns of the event loop an answer has been flushed.
 */
export function shareSites(kit: Kit, more: ServerOptions = {}, turns = 1): OpenSite {
  const servers = new Map<string, RowServer>();
  afterAll(async () => {
    for (const server of servers.values()) await server.stop();
  });
  return async (row, mode, watch) => {
    const routes = describeRoutes(kit, row);
    if (full || routes === null) return openSite(kit, row, mode, watch, more, turns);
    const key = `${mode} ${routes}`;
    const server = servers.get(key) ?? (await RowServer.start(kit, row, mode, more));
    servers.set(key, server);
    return server.open(row, watch, turns, async (log) => {
      // A server logs some warnings only once in a while.
      if (log.length > 0 && servers.delete(key)) await server.stop();
    });
  };
}

/** The routes of a row as text; `null` when the row needs a server of its own. */
function describeRoutes(kit: Kit, row: Row): string | null {
  if (row.options !== undefined || row.setUp !== undefined) return null;
  const routes = routesOf(row).map(([path, { options }]) => [path, options?.(kit) ?? {}] as const);
  const isStateless = routes.every(([, options]) =>
    Object.keys(options).every((name) => STATELESS.has(name)),
  );
  return isStateless ? JSON.stringify(routes) : null;
}
