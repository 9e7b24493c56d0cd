/** Reads what the head of a request says about its body: four headers, found in one pass. */
import { contentCodings } from "../http/content-coding.ts";
import { isHeaderName } from "../http/headers.ts";

/** What the head of a request says about its body. */
export interface BodyHead {
  /** Whether the request has a body, RFC 9112 section 6.3. */
  readonly isAnnounced: boolean;
  /** The Content-Length in bytes; 0 without the header. `validateHead()` has checked that the header is a number. */
  readonly length: number;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  /** The content codings, in the order in which the client applied them; `null` if the server does not know one. */
  readonly codings: readonly string[] | null;
}

/** The headers of a request. */
export interface HeadSource {
  readonly rawHeaders: readonly string[];
  readonly headers: NodeJS.Dict<string | string[]>;
  /** Whether code has read `headers`. If so, middleware may have changed them, so `headers` wins over `rawHeaders`. */
  readonly headersMade: boolean;
}

/** Reads Content-Type, Content-Length, Content-Encoding and Transfer-Encoding, with the changes by middleware. */
export function readBodyHead(request: HeadSource): BodyHead {
  return request.headersMade ? fromHeaders(request) : fromRawHeaders(request);
}

function fromRawHeaders(request: HeadSource): BodyHead {
  const { rawHeaders } = request;
  let transferEncoding: string | undefined;
  let contentLength: string | undefined;
  let contentType: string | undefined;
  let contentEncoding: string | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1];
    if (isHeaderName(name, "content-type")) {
      if (contentType !== undefined) return fromHeaders(request); // two Content-Type lines: `headers` has only one
      contentType = value;
    } else if (isHeaderName(name, "content-length")) {
      if (contentLength !== undefined) return fromHeaders(request);
      contentLength = value;
    } else if (isHeaderName(name, "content-encoding")) {
      if (contentEncoding !== undefined) return fromHeaders(request);
      contentEncoding = value;
    } else if (isHeaderName(name, "transfer-encoding")) {
      if (transferEncoding !== undefined) return fromHeaders(request);
      transferEncoding = value;
    }
  }
  return bodyHead(transferEncoding, contentLength, contentType, contentEncoding);
}

function fromHeaders({ headers }: HeadSource): BodyHead {
  const field = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === "object" ? value.join(", ") : value;
  };
  return bodyHead(
    field("transfer-encoding"),
    field("content-length"),
    field("content-type"),
    field("content-encoding"),
  );
}

function bodyHead(
  transferEncoding: string | undefined,
  contentLength: string | undefined,
  contentType: string | undefined,
  contentEncoding: string | undefined,
): BodyHead {
  const length = contentLength === undefined ? 0 : Number(contentLength);
  return {
    isAnnounced: transferEncoding !== undefined || length > 0,
    length,
    contentType,
    contentEncoding,
    codings: contentCodings(contentEncoding),
  };
}
