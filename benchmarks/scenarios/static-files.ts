/** Scenarios with files from disk. */
import { fileContent } from "../harness/workplace.ts";
import { FILES } from "../peers/_data.js";
import type { LoadScenario } from "./scenario.ts";

export const static1k: LoadScenario = file("static-1k", "Static file, 1 KB", "1k.txt", 64);
export const static100k: LoadScenario = file("static-100k", "Static file, 100 KB", "100k.txt", 64);
export const static10m: LoadScenario = {
  ...file("static-10m", "Static file, 10 MB", "10m.txt", 8),
  isExtra: true,
  isUnpaced: true, // a dozen answers a second do not make a percentile
};

export const static304: LoadScenario = {
  ...static1k,
  name: "static-304",
  title: "Static file, not modified",
  about:
    "The file of 1 KB, asked for with the ETag that the contestant gave it. sirv does not repeat the ETag in its 304, which RFC 9110 section 15.4.5 asks for.",
  isExtra: true,
  revalidates: true,
  expected: { status: 304, body: "" },
};

function file(name: string, title: string, path: keyof typeof FILES, connections: number): LoadScenario {
  return {
    kind: "load",
    name,
    title,
    about:
      "Every contestant sends ETag and Last-Modified. nginx runs without its log and otherwise with its default settings.",
    application: "static",
    requests: [{ method: "GET", path: `/${path}` }],
    connections,
    pipelining: 1,
    expected: {
      status: 200,
      body: fileContent(FILES[path]),
      mediaType: "text/plain",
      present: ["etag", "last-modified"],
    },
  };
}
