/** The cost of parsing a query string, compared with Node's parsers. */
import { parse } from "node:querystring";
import { parseQuery } from "../../packages/core/src/http/query.ts";
import { compare } from "./_measure.ts";

const SHORT = "q=packetron&page=2";
const ENCODED = "q=a+b%20c&name=%C3%A4%C3%B6&page=2";
const LONG = Array.from({ length: 20 }, (_, index) => `filter_${index}=value_${index}`).join("&");

await compare("query", "Query strings", [
  { name: "no query", run: () => parseQuery("/search") },
  { name: "two parameters", run: () => parseQuery(`/search?${SHORT}`) },
  { name: "two parameters, node:querystring", run: () => parse(SHORT) },
  { name: "two parameters, URLSearchParams", run: () => Object.fromEntries(new URLSearchParams(SHORT)) },
  { name: "three parameters, percent-encoded", run: () => parseQuery(`/search?${ENCODED}`) },
  { name: "three parameters, encoded, node:querystring", run: () => parse(ENCODED) },
  { name: "twenty parameters", run: () => parseQuery(`/search?${LONG}`) },
  { name: "twenty parameters, node:querystring", run: () => parse(LONG) },
]);
