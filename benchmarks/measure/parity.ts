/** The parity test: compares an answer with the expected one of the scenario. Any difference prevents the measurement. */
import { brotliDecompressSync } from "node:zlib";
import type { ExpectedAnswer, ScenarioRequest } from "../scenarios/scenario.ts";
import type { Answer } from "./exchange.ts";

/** The differences between an answer and the expected one, as short texts; empty without differences. */
export function differences(answer: Answer, request: ScenarioRequest, expected: ExpectedAnswer): string[] {
  const { status, headers } = answer;
  const isCoded = headers["content-encoding"] === "br";
  const body = isCoded ? brotliDecompressSync(answer.body) : answer.body;
  const found: string[] = [];
  if (status !== expected.status) found.push(`status ${status} instead of ${expected.status}`);
  const wanted = typeof expected.body === "function" ? expected.body(request) : expected.body;
  if (!body.equals(Buffer.from(wanted))) found.push(`body ${excerpt(body)} instead of ${excerpt(wanted)}`);
  if (expected.mediaType !== undefined && mediaType(headers["content-type"]) !== expected.mediaType)
    found.push(`Content-Type ${headers["content-type"]} instead of ${expected.mediaType}`);
  for (const [name, value] of Object.entries(expected.headers ?? {}))
    if (String(headers[name]) !== value) found.push(`${name}: ${headers[name]} instead of ${value}`);
  for (const name of expected.present ?? []) if (headers[name] === undefined) found.push(`no ${name}`);
  // Middleware that compresses a stream does not know its length.
  const isChunked = isCoded && headers["transfer-encoding"] === "chunked";
  return [...found, ...framing(answer, expected.closes === true, isChunked)];
}

/** Checks the headers that every answer must have: Date (RFC 9110 section 6.6.1), the length, and the connection. */
function framing({ status, headers, body }: Answer, closes: boolean, isChunked: boolean): string[] {
  const found: string[] = [];
  if (Number.isNaN(Date.parse(headers.date ?? ""))) found.push(`Date ${headers.date}`);
  const length = headers["content-length"];
  if (isChunked) return [...found, ...connection(headers, closes)];
  if (
    status === 304 ? (length ?? "0") !== "0" && Number.isNaN(Number(length)) : length !== String(body.length)
  )
    found.push(`Content-Length ${length} for ${body.length} bytes`);
  if (headers["transfer-encoding"] !== undefined) found.push("a Transfer-Encoding");
  return [...found, ...connection(headers, closes)];
}

function connection({ connection: field }: Answer["headers"], closes: boolean): string[] {
  return (field?.toLowerCase() === "close") === closes ? [] : [`Connection: ${field}`];
}

function mediaType(header: string | undefined): string | undefined {
  return header?.split(";")[0]?.trim().toLowerCase();
}

function excerpt(body: Buffer | string): string {
  const text = body.toString();
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}… (${text.length} characters)` : text);
}
