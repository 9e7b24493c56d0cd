/** What the head of a request says about its body: four headers, found in one pass. */
import { contentCodings } from "../http/content-coding.ts";
import { isHeaderName } from "../http/headers.ts";

/** What the head says. */
export interface BodyHead {
  /** Whether there is a body, RFC 9112 section 6.3. */
  readonly isAnnounced: boolean;
  /** The declared length in bytes, 0 where none is declared. `validateHead` has looked at its spelling. */
  readonly length: number;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  /** The codings in the order in which they were applied; `null` when the server does not know one of them. */
  readonly codings: readonly string[] | null;
}

/** A request as far as its headers go. */
export interface HeadSource {
  readonly rawHeaders: readonly string[];
  readonly headers: NodeJS.Dict<string | string[]>;
  /** Whether `headers` has been asked for: then middleware may have changed it, and it counts. */
  readonly headersMade: boolean;
}

/** Reads what the headers say now. */
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
      if (contentType !== undefined) return fromHeaders(request); // Node knows which of two counts
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
