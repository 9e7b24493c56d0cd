/** Helpers of the tests: a server with plugins in this process, requests to it, and promises. */
import { once } from "node:events";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { Packetron, ServerOptions } from "@packetron/core";
import { makeServer as make } from "../../core/test/_server.ts";
import { PacketronPlugin, type PluginHandler, plugins } from "../src/index.ts";

/** Makes a server that has not started yet. It stops at the end of the test. `lines` are its log lines above `info`. */
export function makeServer(options: ServerOptions = {}): {
  readonly server: Packetron;
  readonly lines: string[];
} {
  const lines: string[] = [];
  const note = (_fields: object, message: string) => void lines.push(message);
  const { server } = make({
    logger: { debug: () => undefined, info: () => undefined, warn: note, error: note },
    capabilities: [plugins()],
    ...options,
  });
  return { server, lines };
}

/** Starts a server; `setUp` registers its routes. */
export async function startServer(
  setUp: (server: Packetron) => void,
  options: ServerOptions = {},
): Promise<{ readonly server: Packetron; readonly lines: string[] }> {
  const made = makeServer(options);
  setUp(made.server);
  await made.server.start();
  return made;
}

/** The answer to a request. */
export interface Answer {
  readonly status: number | undefined;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

/** Sends `"GET /a"` on a connection of its own. */
export async function send(
  server: Packetron,
  line: string,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): Promise<Answer> {
  const [method = "GET", path = "/"] = line.split(" ");
  const sent = httpRequest({ host: "127.0.0.1", port: server.port, agent: false, method, path, headers });
  sent.setTimeout(10_000, () => sent.destroy(new Error(`no answer to ${line}`)));
  sent.end(body);
  const [response] = await once(sent, "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, text, headers: response.headers };
}

/** Makes plugins that add their names to `ran` and let the chain continue. */
export function makeNoter(): {
  readonly ran: string[];
  readonly note: (name: string, priority?: number, then?: PluginHandler) => PacketronPlugin;
} {
  const ran: string[] = [];
  return {
    ran,
    note(name, priority = 4, then = () => undefined) {
      return new PacketronPlugin({
        priority,
        handler(request, response) {
          ran.push(name);
          return then(request, response);
        },
      });
    },
  };
}

/** A promise that the test settles. */
export function makeSignal(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
