/** What the pages in `docs/migration` list as silent differences: a request, and what each side answers. */

/** A request that the two sides answer differently. */
export interface Case {
  /** The first cell of the row in the table of the page. */
  readonly subject: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly there: Expected;
  readonly here: Expected;
}

/** What an answer is expected to have. */
export interface Expected {
  readonly status?: number;
  /** The whole body, or a part of it. */
  readonly body?: string | RegExp;
  /** Headers by lower-case name; `null` for a header that is not sent. */
  readonly headers?: Readonly<Record<string, string | RegExp | null>>;
}

const JSON_TYPE = { "content-type": "application/json" };
const FROM_A_PROXY = { "x-forwarded-for": "192.0.2.7" };

/** A request, and what Packetron answers. */
type Difference = Omit<Case, "subject" | "there">;

const specific: Difference = { path: "/users/me", here: { status: 200, body: '"me"' } };
const caseOfPaths: Difference = { path: "/Status", here: { status: 404 } };
const trailingSlash: Difference = { path: "/status/", here: { status: 404 } };
const otherMethod: Difference = {
  path: "/status",
  method: "POST",
  here: { status: 405, headers: { allow: "GET, HEAD, OPTIONS" } },
};
const duplicate: Difference = { path: "/duplicate", here: { body: '"last"' } };
const noParser: Difference = {
  path: "/no-parser",
  method: "POST",
  headers: JSON_TYPE,
  body: '{"a":1}',
  here: { status: 200, body: '{"body":null}' },
};
const mediaType: Difference = {
  path: "/echo",
  method: "POST",
  headers: { "content-type": "text/csv" },
  body: '{"a":1}',
  here: { status: 200, body: '{"body":{"a":1}}' },
};
const lone: Difference = {
  path: "/echo",
  method: "POST",
  headers: JSON_TYPE,
  body: "7",
  here: { status: 200, body: '{"body":7}' },
};
const broken: Difference = {
  path: "/echo",
  method: "POST",
  headers: JSON_TYPE,
  body: '{"a":',
  here: { status: 200, body: '{"body":null}' },
};
const repeated: Difference = { path: "/query?a=1&a=2", here: { body: '{"a":"2"}' } };
const errorBody: Difference = {
  path: "/broken",
  here: {
    status: 500,
    body: '{"type":"about:blank","title":"Internal Server Error","status":500}',
    headers: { "content-type": "application/problem+json" },
  },
};
const etag: Difference = { path: "/status", here: { headers: { etag: null } } };
const forwarded: Difference = {
  path: "/ip",
  headers: FROM_A_PROXY,
  here: { body: '"192.0.2.7"' },
};
const encodedSlash: Difference = { path: "/users/a%2Fb", here: { status: 404 } };
const options: Difference = {
  path: "/status",
  method: "OPTIONS",
  here: { status: 204, body: "", headers: { allow: "GET, HEAD, OPTIONS" } },
};

const emptyBody: Difference = {
  path: "/echo",
  method: "POST",
  headers: { ...JSON_TYPE, "content-length": "0" },
  here: { status: 200, body: '{"body":null}' },
};
const folderIndex: Difference = { path: "/folder/", here: { status: 404 } };
const largeBody = (bytes: number): Difference => ({
  path: "/echo",
  method: "POST",
  headers: JSON_TYPE,
  body: JSON.stringify(["a".repeat(bytes)]),
  here: { status: 200 },
});

export const expressCases: readonly Case[] = [
  { subject: "Order of routes", ...specific, there: { status: 200, body: '{"id":"me"}' } },
  { subject: "Two handlers of one route", ...duplicate, there: { body: '"first"' } },
  { subject: "Case of paths", ...caseOfPaths, there: { status: 200 } },
  { subject: "Trailing slash", ...trailingSlash, there: { status: 200 } },
  { subject: "Another method", ...otherMethod, there: { status: 404, headers: { allow: null } } },
  { subject: "Body without a parser", ...noParser, there: { status: 200, body: "{}" } },
  { subject: "Media type of a JSON body", ...mediaType, there: { status: 200, body: "{}" } },
  { subject: "A lone number as JSON body", ...lone, there: { status: 400 } },
  { subject: "Broken JSON", ...broken, there: { status: 400 } },
  { subject: "Limit of a body", ...largeBody(102_400), there: { status: 413 } },
  { subject: "A parameter twice in the query", ...repeated, there: { body: '{"a":["1","2"]}' } },
  {
    subject: "Body of an error",
    ...errorBody,
    there: {
      status: 500,
      body: /a secret[\s\S]*express\.mjs/,
      headers: { "content-type": "text/html; charset=utf-8" },
    },
  },
  { subject: "Sending twice", path: "/twice", there: { body: '"first"' }, here: { body: '"first"' } },
  {
    subject: "Sending twice",
    path: "/thrown",
    there: { body: '"ERR_HTTP_HEADERS_SENT"' },
    here: { status: 404 },
  },
  { subject: "`ETag` of answers", ...etag, there: { headers: { etag: /^W\// } } },
  {
    subject: "`X-Powered-By`",
    path: "/status",
    there: { headers: { "x-powered-by": "Express" } },
    here: { headers: { "x-powered-by": null } },
  },
  { subject: "`X-Forwarded-For`", ...forwarded, there: { body: '"127.0.0.1"' } },
  { subject: "An encoded slash", ...encodedSlash, there: { status: 200, body: '{"id":"a/b"}' } },
  { subject: "`OPTIONS`", ...options, there: { status: 200, body: "GET, HEAD" } },
  {
    subject: "Numbers",
    path: "/number",
    there: { headers: { "content-type": "application/json; charset=utf-8" } },
    here: { headers: { "content-type": "text/plain; charset=utf-8" } },
  },
  {
    subject: "Body of a redirect",
    path: "/old",
    there: { status: 302, body: "Found. Redirecting to /new" },
    here: { status: 302, body: "" },
  },
  {
    subject: "`Cache-Control` of files",
    path: "/folder/index.html",
    there: { headers: { "cache-control": "public, max-age=0" } },
    here: { status: 200, headers: { "cache-control": null } },
  },
  { subject: "Index of a folder", ...folderIndex, there: { status: 200, body: "<h1>Users</h1>\n" } },
];

export const fastifyCases: readonly Case[] = [
  {
    subject: "Returned values",
    path: "/ignored",
    there: { body: '{"returned":true}' },
    here: { body: '"answered later"' },
  },
  {
    subject: "Returned values",
    path: "/return",
    there: { body: '{"returned":true}' },
    here: { body: '{"returned":true}' },
  },
  { subject: "Body without a parser", ...noParser, there: { status: 200, body: '{"body":{"a":1}}' } },
  { subject: "Media type of a JSON body", ...mediaType, there: { status: 415 } },
  { subject: "Empty body of type JSON", ...emptyBody, there: { status: 400 } },
  { subject: "Broken JSON", ...broken, there: { status: 400 } },
  { subject: "Limit of a body", ...largeBody(1024 * 1024), there: { status: 413 } },
  { subject: "Two handlers of one route", ...duplicate, there: { body: '"FST_ERR_DUPLICATED_ROUTE"' } },
  { subject: "Another method", ...otherMethod, there: { status: 404, headers: { allow: null } } },
  { subject: "`OPTIONS`", ...options, there: { status: 404 } },
  { subject: "A parameter twice in the query", ...repeated, there: { body: '{"a":["1","2"]}' } },
  { subject: "`X-Forwarded-For`", ...forwarded, there: { body: '"127.0.0.1"' } },
  { subject: "An encoded slash", ...encodedSlash, there: { status: 200, body: '{"id":"a/b"}' } },
  {
    subject: "Body of an error",
    ...errorBody,
    there: { status: 500, body: '{"statusCode":500,"error":"Internal Server Error","message":"a secret"}' },
  },
  {
    subject: "Status of a thrown error",
    path: "/not-found-error",
    there: { status: 404 },
    here: { status: 500 },
  },
  {
    subject: "Response schemas",
    path: "/schema",
    there: { body: '{"named":1}' },
    here: { body: '{"named":1,"other":2}' },
  },
];

export const honoCases: readonly Case[] = [
  { subject: "Order of routes", ...specific, there: { status: 200, body: '{"id":"me"}' } },
  { subject: "Two handlers of one route", ...duplicate, there: { body: '"first"' } },
  {
    subject: "Returned values",
    path: "/ignored",
    there: { status: 500 },
    here: { status: 200, body: '"answered later"' },
  },
  { subject: "Another method", ...otherMethod, there: { status: 404, headers: { allow: null } } },
  { subject: "`OPTIONS`", ...options, there: { status: 404 } },
  { subject: "Body without a parser", ...noParser, there: { status: 200, body: '{"body":{"a":1}}' } },
  { subject: "Broken JSON", ...broken, there: { status: 500 } },
  {
    subject: "Limit of a body",
    ...largeBody(16 * 1024 * 1024),
    there: { status: 200 },
    here: { status: 413 },
  },
  { subject: "A parameter twice in the query", ...repeated, there: { body: '{"a":"1"}' } },
  { subject: "An encoded slash", ...encodedSlash, there: { status: 200, body: '{"id":"a/b"}' } },
  { subject: "Body of an error", ...errorBody, there: { status: 500, body: "Internal Server Error" } },
  {
    subject: "Type of JSON",
    path: "/status",
    there: { headers: { "content-type": "application/json" } },
    here: { headers: { "content-type": "application/json; charset=utf-8" } },
  },
  {
    subject: "`ETag` and `Accept-Ranges` of files",
    path: "/folder/index.html",
    there: { status: 200, headers: { etag: null, "accept-ranges": null } },
    here: { status: 200, headers: { etag: /^W\//, "accept-ranges": "bytes" } },
  },
  { subject: "Index of a folder", ...folderIndex, there: { status: 200, body: "<h1>Users</h1>\n" } },
];
