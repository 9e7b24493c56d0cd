/** Serves the page: its HTML and the files of its package, with a strict Content-Security-Policy. */
import { readFile } from "node:fs/promises";
import type { Handler } from "@packetron/core";
import type { JsonObject } from "./options.ts";
import type { PageFile, UiPage } from "./ui.ts";

/**
 * Makes the handlers of a page by path.
 *
 * @param servers The servers of the document, which the page may send requests to.
 */
export function pageHandlers(
  path: string,
  { html, files }: UiPage,
  servers: readonly JsonObject[],
): ReadonlyMap<string, Handler> {
  const policy = policyFor(servers);
  const handlers = new Map<string, Handler>([
    [
      path,
      (_request, response) => {
        response.setHeader("Content-Security-Policy", policy);
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("Referrer-Policy", "no-referrer");
        response.setHeader("Content-Type", "text/html; charset=utf-8");
        response.send(html);
      },
    ],
  ]);
  for (const [name, file] of Object.entries(files)) handlers.set(`${path}/${name}`, fileHandler(file));
  return handlers;
}

/**
 * Scripts come from this server alone, and none is in the page. The packages make their styles with scripts, so styles
 * may be inline. Redoc searches in a worker that it makes of a text.
 */
function policyFor(servers: readonly JsonObject[]): string {
  const origins = servers.flatMap(({ url }) =>
    URL.canParse(String(url)) ? [new URL(String(url)).origin] : [],
  );
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    `connect-src ${["'self'", ...new Set(origins)].join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** Reads a file of the package at the first request: a server whose page is not opened needs no memory for it. */
function fileHandler({ type, content }: PageFile): Handler {
  let bytes: Promise<Buffer> | null = null;
  return async (_request, response) => {
    bytes ??= "text" in content ? Promise.resolve(Buffer.from(content.text)) : readFile(content.file);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Cache-Control", "no-cache");
    response.setHeader("Content-Type", type);
    response.send(await bytes);
  };
}
