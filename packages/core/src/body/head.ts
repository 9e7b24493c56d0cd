/** What the head of a request says about its body: four headers, found in one pass instead of one for each question. */
import type { DirectRequest } from "../direct/request.ts";
import { isHeaderName } from "../http/header-name.ts";

/** Headers about the body, as they came. */
export interface BodyHead {
  readonly transferEncoding: string | undefined;
  readonly contentLength: string | undefined;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

/** Reads them: from `headers`, where somebody may have changed them, or from what came. */
export function readBodyHead(request: DirectRequest): BodyHead {
  return request.areHeadersMade ? fromHeaders(request) : fromRawHeaders(request);
}

/** The declared length of the body in bytes, 0 where none is declared. The wire guard has looked at its spelling. */
export function declaredLength({ contentLength }: BodyHead): number {
  return contentLength === undefined ? 0 : Number(contentLength);
}

/** Whether there is a body, RFC 9112 section 6.3. */
export function announcesBody(head: BodyHead): boolean {
  return head.transferEncoding !== undefined || declaredLength(head) > 0;
}

function fromRawHeaders(request: DirectRequest): BodyHead {
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
  return { transferEncoding, contentLength, contentType, contentEncoding };
}

function fromHeaders({ headers }: DirectRequest): BodyHead {
  return {
    transferEncoding: headers["transfer-encoding"],
    contentLength: headers["content-length"],
    contentType: headers["content-type"],
    contentEncoding: headers["content-encoding"],
  };
}
