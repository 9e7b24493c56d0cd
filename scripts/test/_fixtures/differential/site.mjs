// Opens the servers of the differential rows with the packed packages, for a test in another process.
import * as kit from "packetron";
import { tables } from "./rows/_rows/index.mjs";
import { openSite } from "./rows/_site.mjs";

const rows = new Map(tables.flatMap(([, table]) => table.map((row) => [row.name, row])));
const sites = [];

const calls = {
  async open({ row, mode, watch }) {
    const site = await openSite(kit, rows.get(row), mode, watch);
    return { site: sites.push(site) - 1, port: site.port };
  },
  received: ({ site, clientPort, bytes }) => sites[site].received(clientPort, bytes),
  watched: ({ site }) => sites[site].watched(),
  close: ({ site }) => sites[site].close(),
};

process.on("message", async ({ id, call, parameters }) => {
  process.send({ id, value: await calls[call](parameters) });
});
// An uncaught exception of one row must not end the servers of the others.
process.on("uncaughtException", (error) => console.error(error));
