/** Sends the requests of the `curl` commands on the pages, and prints what curl would print. */
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { basename, join } from "node:path";

/** The answer to the request of a `curl` command. */
export interface CurlAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The trimmed lines that curl prints: the head with `-i`, and the body. */
  readonly lines: readonly string[];
}

/** Sends the request of a `curl` command, and returns the trimmed lines that curl would print. */
export async function runCurl(command: string, port: number, folder: string): Promise<string[]> {
  return [...(await sendCurl(command, port, folder)).lines];
}

/** Sends the request of a `curl` command. */
export async function sendCurl(command: string, port: number, folder: string): Promise<CurlAnswer> {
  const call = parseCurl(command, folder);
  const { pathname, search } = new URL(call.url);
  // curl keeps its connection for a next request and closes it when it ends, so the server need not wait for it.
  const agent = new Agent({ keepAlive: true });
  const outgoing = httpRequest({
    agent,
    ...(call.socketPath === undefined ? { host: "127.0.0.1", port } : { socketPath: call.socketPath }),
    path: pathname + search,
    method: call.method,
    headers: call.headers,
  });
  outgoing.end(call.body);
  const [response] = await once(outgoing, "response");
  if (call.jar !== undefined) updateJar(call.jar, response.headers["set-cookie"] ?? []);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  agent.destroy();
  const head = [`HTTP/1.1 ${response.statusCode} ${response.statusMessage}`];
  for (let index = 0; index < response.rawHeaders.length; index += 2) {
    head.push(`${response.rawHeaders[index]}: ${response.rawHeaders[index + 1]}`);
  }
  const body = Buffer.concat(chunks).toString();
  const lines = [...(call.showHead ? [...head, ""] : []), ...body.split("\n")].map((line) => line.trim());
  return { status: response.statusCode, headers: response.headers, body, lines };
}

interface CurlCall {
  url: string;
  method: string;
  body: string | undefined;
  showHead: boolean;
  /** The Unix socket of `--unix-socket`. */
  socketPath?: string;
  /** The file of `-c`, which gets the cookies of the answer. */
  jar?: string;
  readonly headers: Record<string, string>;
}

/** Parses the options of curl that the pages use, with curl's defaults. */
function parseCurl(command: string, folder: string): CurlCall {
  const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? "",
  );
  const call: CurlCall = {
    url: "",
    method: "",
    body: undefined,
    showHead: false,
    headers: { accept: "*/*" },
  };
  for (let index = 1; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word === "-i" || word === "-I") call.showHead = true;
    if (word === "-I") call.method = "HEAD";
    else if (word === "-i" || word === "-s") continue;
    else if (word === "--unix-socket") call.socketPath = join(folder, words[++index] ?? "");
    else if (word === "-c") call.jar = join(folder, words[++index] ?? "");
    else if (word === "-b") call.headers["cookie"] = cookiesOf(join(folder, words[++index] ?? ""));
    else if (word === "-X") call.method = words[++index] ?? "";
    else if (word === "-d" || word === "--data-binary") call.body = words[++index] ?? "";
    else if (word === "-F") {
      const [, name = "", value = ""] = /^([^=]+)=(.*)$/.exec(words[++index] ?? "") ?? [];
      call.headers["content-type"] = `multipart/form-data; boundary=${BOUNDARY}`;
      const rest = call.body?.replace(`--${BOUNDARY}--\r\n`, "") ?? "";
      call.body = `${rest}${createPart(name, value, folder)}--${BOUNDARY}--\r\n`;
    } else if (word === "-H") {
      const [, name = "", value = ""] = /^([^:]+): *(.*)$/.exec(words[++index] ?? "") ?? [];
      call.headers[name.toLowerCase()] = value;
    } else if (word.startsWith("-"))
      throw new Error(`the option ${word} of curl is not supported by the tests`);
    else call.url = word.includes("://") ? word : `http://${word}`;
  }
  if (call.method === "") call.method = call.body === undefined ? "GET" : "POST";
  if (call.body !== undefined) call.headers["content-type"] ??= "application/x-www-form-urlencoded";
  return call;
}

/** The cookies of a file of `-c`, as the text of the header. */
function cookiesOf(jar: string): string {
  return Object.entries(readJar(jar))
    .map(([name, value]) => `${name}=${value}`)
    .join("; ");
}

/** Keeps the cookies of an answer in a file. `Max-Age=0` removes one. */
function updateJar(jar: string, lines: readonly string[]): void {
  const cookies = readJar(jar);
  for (const line of lines) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/; Max-Age=0(?:;|$)/.test(line)) delete cookies[name];
    else cookies[name] = value;
  }
  writeFileSync(jar, JSON.stringify(cookies));
}

function readJar(jar: string): Record<string, string> {
  return existsSync(jar) ? JSON.parse(readFileSync(jar, "utf8")) : {};
}

const BOUNDARY = "----packetron";

/** A part of a form like that of `curl -F`. `@file` sends a file of the folder. */
function createPart(name: string, value: string, folder: string): string {
  const file = value.startsWith("@") ? value.slice(1) : null;
  const filename = file === null ? "" : `; filename="${basename(file)}"`;
  const content = file === null ? value : readFileSync(join(folder, file), "utf8");
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${filename}\r\n\r\n${content}\r\n`;
}
