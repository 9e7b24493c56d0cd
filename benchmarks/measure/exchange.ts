/** Sends one request and reads the complete answer, for the parity test. */
import { Agent, type IncomingHttpHeaders, request as send } from "node:http";
import type { ScenarioRequest } from "../scenarios/scenario.ts";

/** A received answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The size of the status line and the header lines, in bytes. */
  readonly headBytes: number;
}

/** Sends a request on its own connection, and resolves to the answer. */
export function exchange(port: number, { method, path, headers, body }: ScenarioRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: true }); // asks for keep-alive, like the load
    const fields = {
      ...headers,
      ...(body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) }),
    };
    const outgoing = send({ host: "127.0.0.1", port, method, path, headers: fields, agent, timeout: 10_000 });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer to ${method} ${path} within 10 s`)));
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        agent.destroy();
        const { statusCode: status = 0, statusMessage = "", rawHeaders } = incoming;
        const lines = rawHeaders.reduce((sum, text) => sum + text.length + 2, 0); // ": " and CRLF
        const headBytes = `HTTP/1.1 ${status} ${statusMessage}\r\n`.length + lines + 2;
        resolve({ status, headers: incoming.headers, body: Buffer.concat(chunks), headBytes });
      });
    });
    outgoing.end(body);
  });
}
