/** Words of other frameworks, and what Packetron calls the same thing. Error messages suggest Packetron's word. */

import { packageHint } from "./hints.ts";
import { packageMembers } from "./packages.ts";

/** Options of other frameworks, by what they belong to, with the name of Packetron's option. */
export const foreignOptions: Readonly<
  Record<"server" | "route" | "group", Readonly<Record<string, string>>>
> = {
  server: {
    address: "host",
    bodyLimit: "defaultBodyLimit",
    cert: "tls",
    cluster: "maxThreads",
    compression: "compress",
    gracePeriod: "drainTimeout",
    hostname: "host",
    https: "tls",
    instances: "maxThreads",
    ip: "host",
    keepAlive: "keepAliveTimeout",
    key: "tls",
    log: "logger",
    maxRequestSizeInBytes: "defaultBodyLimit",
    middleware: "plugins",
    modules: "capabilities",
    processes: "maxThreads",
    proxy: "trustProxy",
    shutdownTimeout: "drainTimeout",
    socketPath: "socket",
    ssl: "tls",
    swagger: "openapi",
    threads: "maxThreads",
    timeout: "requestTimeout",
    unix: "socket",
    use: "plugins",
    workers: "maxThreads",
    writeTimeout: "sendTimeout",
  },
  route: {
    action: "handler",
    bodyLimit: "maxRequestSizeInBytes",
    callback: "handler",
    compression: "compress",
    controller: "handler",
    defaultBodyLimit: "maxRequestSizeInBytes",
    dir: "directory",
    endpoint: "routePath",
    file: "filePath",
    fn: "handler",
    folder: "directory",
    listener: "handler",
    limit: "maxRequestSizeInBytes",
    middleware: "plugins",
    mount: "pathPrefix",
    path: "routePath",
    pattern: "routePath",
    preHandler: "plugins",
    prefix: "pathPrefix",
    root: "directory",
    route: "routePath",
    swagger: "docs",
    timeout: "handlerTimeout",
    uri: "routePath",
    url: "routePath",
    use: "plugins",
    validate: "schema",
    validation: "schema",
    verb: "method",
  },
  group: {
    basePath: "prefix",
    bodyLimit: "maxRequestSizeInBytes",
    middleware: "plugins",
    path: "prefix",
    pathPrefix: "prefix",
    preHandler: "plugins",
    routePath: "prefix",
    timeout: "handlerTimeout",
    use: "plugins",
  },
};

const HANDLE = "server.handle({ method: PacketronRequestMethod.";

/** Methods of other frameworks' servers, with what to write instead. */
export const foreignServerMethods: Readonly<Record<string, string>> = {
  all: 'server.handle({ routePath: "users", handler }) for each method',
  close: "server.stop()",
  delete: `${HANDLE}DELETE, routePath: "users/:id", handler })`,
  get: 'server.handle({ routePath: "users/:id", handler })',
  head: `${HANDLE}HEAD, routePath: "users/:id", handler })`,
  listen: "new Packetron({ port: 3000 }), and server.start()",
  options: `${HANDLE}OPTIONS, routePath: "users/:id", handler })`,
  patch: `${HANDLE}PATCH, routePath: "users/:id", handler })`,
  post: `${HANDLE}POST, routePath: "users", handler })`,
  put: `${HANDLE}PUT, routePath: "users/:id", handler })`,
  register: "new Packetron({ capabilities: [capability] })",
  route: 'server.handle({ routePath: "users/:id", handler })',
  setErrorHandler: "server.onError((error, request, response) => response.sendJson({ error: true }))",
  setNotFoundHandler: "server.onNotFound((request, response) => response.sendJson({ error: true }))",
  static: 'server.serve({ directory: "./public" })',
  use: "server.insertGlobalPlugin(PacketronPlugin.create({ handler }))",
  ws: 'server.webSocket({ routePath: "chat", message: (socket, data) => socket.send(data) })',
};

const RESPONSE = "Packetron's response has ";

/** Members of other frameworks' responses, with the sentence that names Packetron's. */
const foreignResponse: Readonly<Record<string, string>> = {
  append: `${RESPONSE}appendHeader(name, value).`,
  attachment: `${RESPONSE}downloadFile(path, name).`,
  code: `${RESPONSE}statusCode: set it before the answer, or write sendJson(value, 404).`,
  cookie: `${RESPONSE}setCookie(name, value, options).`,
  download: `${RESPONSE}downloadFile(path, name).`,
  get: `${RESPONSE}getHeader(name).`,
  header: `${RESPONSE}setHeader(name, value).`,
  html: `${RESPONSE}sendHtml(html).`,
  json: `${RESPONSE}sendJson(value).`,
  jsonp: `${RESPONSE}sendJson(value).`,
  render: `${RESPONSE}sendHtml(html).`,
  sendStatus: `${RESPONSE}sendStatusCode(status).`,
  set: `${RESPONSE}setHeader(name, value).`,
  status: `${RESPONSE}statusCode: set it before the answer, or write sendJson(value, 404).`,
  text: `${RESPONSE}sendTextPlain(text).`,
  type: `${RESPONSE}setHeader("Content-Type", type).`,
};

const REQUEST = "Packetron's request has ";

/** Members of other frameworks' requests, with the sentence that names Packetron's. */
const foreignRequest: Readonly<Record<string, string>> = {
  body: `${REQUEST}getBody(): write await request.getBody(), on a route with a body flag such as JSON_BODY.`,
  file: `${REQUEST}getFiles(): write await request.getFiles().`,
  files: `${REQUEST}getFiles(): write await request.getFiles().`,
  formData: `${REQUEST}getBody(), on a route with the flag FORM_DATA.`,
  get: `${REQUEST}headers: write request.headers["content-type"].`,
  header: `${REQUEST}headers: write request.headers["content-type"].`,
  json: `${REQUEST}getBody(), on a route with the flag JSON_BODY.`,
  param: `${REQUEST}params: write request.params.id.`,
  text: `${REQUEST}getBody(), on a route with the flag PLAIN_TEXT_BODY.`,
};

const CONTEXT = "A handler gets two arguments, (request, response): ";

/** What a handler calls on the one argument of other frameworks. */
const foreignContext: Readonly<Record<string, string>> = {
  html: `${CONTEXT}response.sendHtml(html) answers.`,
  json: `${CONTEXT}response.sendJson(value) answers.`,
  text: `${CONTEXT}response.sendTextPlain(text) answers.`,
};

const NEXT =
  "A handler or plugin gets two arguments, (request, response): to go on, return without an answer. " +
  'The guide "Middleware from npm" has an adapter for functions with next().';

/** The usual names of a response, a request and a context in a program, with their foreign members. */
const receivers: readonly (readonly [name: RegExp, members: Readonly<Record<string, string>>])[] = [
  [/^(?:res|response|reply)$/, foreignResponse],
  [/^(?:req|request)$/, foreignRequest],
  [/^(?:c|ctx|context)$/, foreignContext],
];

/**
 * The hint for an error that a handler has thrown because it called a method of another framework, such as
 * `response.json()`; `undefined` for any other error. V8 quotes the call in its message. The method does not exist,
 * because middleware of npm asks for `typeof response.status` and then takes another way.
 */
export function foreignCallHint(error: unknown): string | undefined {
  try {
    return error instanceof TypeError ? hintFor(error.message) : undefined;
  } catch {
    return undefined; // properties of a thrown value may throw
  }
}

function hintFor(message: string): string | undefined {
  if (message === "next is not a function") return NEXT;
  const [, receiver = "", member = ""] =
    /^(\w+)\.(\w+) is not a function$/.exec(message) ??
    /^Cannot destructure property '[^']*' of '(\w+)\.(\w+)' as it is undefined\.$/.exec(message) ??
    [];
  const [, members = {}] = receivers.find(([name]) => name.test(receiver)) ?? [];
  if (Object.hasOwn(members, member)) return members[member];
  if (members !== foreignResponse) return undefined;
  const known = packageMembers("response").find((candidate) => candidate.member === `${member}()`);
  return known && `${known.member} is missing.${packageHint(known.owner)}`;
}
