/** An HTTP client for tests of packages: each request has a connection of its own. */
import { type IncomingHttpHeaders, request } from "node:http";
import { request as requestTls } from "node:https";

/** An answer as a client sees it. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The parts of a request that tests change. */
export interface RequestParts {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends a request, and waits for the end of the answer. Rejects without one within ten seconds. */
export function ask(
  { port, tls = false }: { readonly port: number; readonly tls?: boolean },
  path: string,
  { method = "GET", headers = {}, body = "" }: RequestParts = {},
): Promise<HttpAnswer> {
  const send = tls ? requestTls : request;
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port,
      path,
      method,
      headers,
      agent: false,
      rejectUnauthorized: false,
    };
    const sent = send(options);
    sent.setTimeout(10_000, () => sent.destroy(new Error(`no answer to ${path}`)));
    sent.on("error", reject);
    sent.on("response", (response) => {
      let received = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        received += text;
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: received }),
      );
    });
    sent.end(body);
  });
}
