/** A scenario with WebSockets. */
import { getJson } from "./get-json.ts";
import type { WebSocketScenario } from "./scenario.ts";

export const websocket: WebSocketScenario = {
  kind: "websocket",
  name: "websocket",
  title: "WebSockets",
  about:
    "64 sockets get their messages of 16 bytes back; one message goes to all of 1,000 sockets; 5,000 sockets are idle. Without compression.",
  application: "websocket",
  requests: getJson.requests,
  expected: getJson.expected,
  idle: 5_000,
  echoing: 64,
  listening: 1_000,
};
