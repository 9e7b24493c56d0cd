/** The cost of the strict validation of a request's head. */
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { validateHead } from "../../packages/core/src/message/validate-head.ts";
import { browser } from "../scenarios/browser.ts";
import { getJson } from "../scenarios/get-json.ts";
import { post150 } from "../scenarios/post-json.ts";
import type { LoadScenario } from "../scenarios/scenario.ts";
import { type Contestant, compare } from "./_measure.ts";

const socket = new Socket();
const bare = makeRequest(getJson);

await compare("wire-guard", "The look at the head of a request", [
  { name: "a field of the request, nothing else", run: () => bare.url },
  contestant("one header", getJson),
  contestant("a browser's headers", browser),
  contestant("a body with its length", post150),
]);

function contestant(name: string, scenario: LoadScenario): Contestant {
  const request = makeRequest(scenario);
  return { name, run: () => validateHead(request) };
}

/** The first request of a scenario, as Node's parser makes it. */
function makeRequest({ requests }: LoadScenario): IncomingMessage {
  const request = new IncomingMessage(socket);
  const [{ method, path, headers = {}, body } = { method: "GET", path: "/" }] = requests;
  const length = body === undefined ? [] : ["Content-Length", String(body.length)];
  const rawHeaders = ["Host", "127.0.0.1:3000", ...Object.entries(headers).flat(), ...length];
  return Object.assign(request, { method, url: path, rawHeaders, httpVersionMajor: 1, httpVersionMinor: 1 });
}
