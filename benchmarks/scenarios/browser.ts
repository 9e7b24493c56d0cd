/** A scenario with a typical request of a browser and a typical answer of an application. */
import { RESPONSE_HEADERS } from "../peers/_data.js";
import type { LoadScenario } from "./scenario.ts";

/** The headers of the request: with `Host`, which the load generators add, twelve, without the cookies. */
const HEADERS = {
  "Cache-Control": "max-age=0",
  "sec-ch-ua": '"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
  "sec-ch-ua-mobile": "?0",
  "sec-ch-ua-platform": '"Linux"',
  "Upgrade-Insecure-Requests": "1",
  "User-Agent":
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Sec-Fetch-Site": "same-origin",
  "Sec-Fetch-Mode": "navigate",
  "Accept-Encoding": "gzip, deflate, br, zstd",
  "Accept-Language": "en-US,en;q=0.9,de;q=0.8",
};

const COOKIES = { session: "5e8d3c1f9ab24e7c8d60f2a1b3c4d5e6", theme: "dark" };

export const browser: LoadScenario = {
  kind: "load",
  name: "browser",
  title: "GET with browser headers and cookies",
  about:
    "Twelve headers and two cookies in the request; the handler reads both cookies, sets three headers and answers with a small JSON.",
  application: "browser",
  requests: [{ method: "GET", path: "/page", headers: { ...HEADERS, Cookie: cookieHeader() } }],
  connections: 64,
  pipelining: 1,
  expected: {
    status: 200,
    body: JSON.stringify(COOKIES),
    mediaType: "application/json",
    headers: RESPONSE_HEADERS,
  },
};

function cookieHeader(): string {
  return Object.entries(COOKIES)
    .map(([name, value]) => `${name}=${value}`)
    .join("; ");
}
