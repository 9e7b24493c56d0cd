/** A scenario with answers that are compressed. */
import { CATALOGS } from "../peers/_data.js";
import type { LoadScenario, ScenarioRequest } from "./scenario.ts";

const requests: readonly ScenarioRequest[] = Object.keys(CATALOGS).map((size) => ({
  method: "GET",
  path: `/catalog/${size}`,
  headers: { "Accept-Encoding": "gzip, br" },
}));

export const compress: LoadScenario = {
  kind: "load",
  name: "compress",
  title: "GET, compressed JSON",
  about:
    "JSON of 2, 5 and 10 KB in turn, for a client that takes gzip and br. Packetron's default is Brotli at quality 3, the " +
    "others use quality 4: 339, 601 and 1,039 bytes against 336, 606 and 1,062.",
  application: "compress",
  requests,
  connections: 64,
  pipelining: 1,
  expected: {
    status: 200,
    body: ({ path }: ScenarioRequest) => JSON.stringify(CATALOGS[path.slice("/catalog/".length)]),
    mediaType: "application/json",
    headers: { "content-encoding": "br" },
    present: ["vary"],
  },
};
