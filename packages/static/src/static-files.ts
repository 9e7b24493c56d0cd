/** Creates the capability (extension of the server) that adds the methods for files to servers and responses. */
import { basename } from "node:path";
import type { Capability, CapabilityHost, PacketronResponse } from "@packetron/core";
import {
  fail,
  fromCaller,
  isAnswered,
  optionError,
  PacketronFileRouterFlags,
} from "@packetron/core/capability";
import { FileSender } from "./answers/file-sender.ts";
import { contentDisposition } from "./http/content-disposition.ts";
import {
  resolveSettings,
  type SendFileOptions,
  type ServeFileOptions,
  type ServeOptions,
  type StaticFilesOptions,
  type UnserveOptions,
} from "./options.ts";
import { Site } from "./sites/site.ts";

declare module "@packetron/core" {
  interface Packetron {
    /**
     * Serves the files of a directory. Each file is a separate endpoint: plugins, rate limits and size limits in the
     * options apply to each file separately. A route of `handle()` for the same path has precedence, in either order.
     * If two directories have the same path, the directory that was served last has precedence.
     *
     * The primary of a cluster only remembers the options.
     *
     * @throws PKT_STATIC_DIRECTORY, PKT_STATIC_FALLBACK when the directory or its fallback is missing or not readable;
     *   PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN, PKT_FLAG_UNKNOWN, PKT_ROUTE_PATH for wrong options.
     * @example
     * server.serve({ directory: "./public", pathPrefix: "static", cacheControl: "max-age=60" });
     */
    serve(options: ServeOptions): void;

    /**
     * Serves one file at its own URL path. This file has precedence over a file of a directory with the same path.
     *
     * @throws PKT_STATIC_FILE when the file does not exist or is not readable; PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN,
     *   PKT_FLAG_UNKNOWN, PKT_ROUTE_PATH for wrong options.
     * @example
     * server.serveFile({ routePath: "robots.txt", filePath: "./robots.txt" });
     */
    serveFile(options: ServeFileOptions): void;

    /**
     * Stops serving a directory under a prefix, or a single file. Downloads that have begun continue.
     *
     * @returns Whether the directory or file was served before this call.
     * @example
     * server.unserve({ directory: "./public", pathPrefix: "static" });
     */
    unserve(options: UnserveOptions): boolean;
  }

  interface PacketronResponse {
    /**
     * Sends a file with its media type, ETag and Last-Modified. HEAD, ranges and conditional requests are supported. A
     * `statusCode` and headers that the handler has set are kept. A relative path starts at the working directory.
     *
     * If there is no readable file at the path, the client gets a 404. Any other failure is handled like an error that
     * the handler throws. The returned promise never rejects, so the handler need not await the promise.
     *
     * @returns Resolves when the answer is written, or the client has disconnected.
     * @example
     * response.sendFile(request.params.name, { root: "./reports" }); // never a file outside of ./reports
     */
    sendFile(path: string, options?: SendFileOptions): Promise<void>;

    /**
     * Sends a file as {@link sendFile} does, and asks the client to save it under a name.
     *
     * @param name The name that the client gets, by default the name of the file. Any text is safe, because the name is
     *   cleaned and encoded.
     * @example
     * response.downloadFile("./reports/7.pdf", "Résumé.pdf");
     */
    downloadFile(path: string, name?: string, options?: SendFileOptions): Promise<void>;
  }
}

/**
 * Adds static files: `server.serve()`, `server.serveFile()`, `server.unserve()`, `response.sendFile()`,
 * `response.downloadFile()` and the flags of PacketronFileRouterFlags.
 *
 * @throws PKT_OPTION_INVALID for an option that is not an integer of 0 or more; PKT_OPTION_UNKNOWN for another option.
 * @example
 * const server = new Packetron({ port: 3000, capabilities: [staticFiles({ cacheBytes: 64 * 1024 * 1024 })] });
 * server.serve({ directory: "./public" });
 */
export function staticFiles(options: StaticFilesOptions = {}): Capability {
  const settings = fromCaller(staticFiles, () => resolveSettings(options));
  return {
    name: "@packetron/static",
    install(host) {
      for (const [name, bit] of Object.entries(PacketronFileRouterFlags)) host.flag("file", name, bit);
      const sender = new FileSender(host, settings);
      const site = new Site({ host, settings, sender });
      host.resolver((method, path, request) => site.find(method, path, request));
      host.lifecycle({ starting: () => site.prepare() });
      host.extend("server", "serve", (serveOptions: ServeOptions) => site.serve(serveOptions));
      host.extend("server", "serveFile", (fileOptions: ServeFileOptions) => site.serveFile(fileOptions));
      host.extend("server", "unserve", (unserveOptions: UnserveOptions) => site.unserve(unserveOptions));
      extendResponses(host, sender);
    },
  };
}

function extendResponses(host: CapabilityHost, sender: FileSender): void {
  function send(
    response: PacketronResponse,
    called: typeof response.sendFile | typeof response.downloadFile,
    path: string,
    disposition: () => string | null,
    options: SendFileOptions,
  ): Promise<void> {
    const call = `${called.name}()`;
    if (isAnswered(response, call)) return Promise.resolve();
    const sent = async (): Promise<void> => {
      const [wanted, shownName] = fromCaller(
        called,
        () => [sender.read(path, options), disposition()] as const,
      );
      await sender.sendPath(response, wanted, shownName, call);
    };
    // Handlers often do not await this promise: a rejection would end the process.
    return sent().catch((error: unknown) => fail(error, response.req, response));
  }
  host.extend(
    "response",
    "sendFile",
    function sendFile(this: PacketronResponse, path: string, options: SendFileOptions = {}): Promise<void> {
      return send(this, sendFile, path, () => null, options);
    },
  );
  host.extend(
    "response",
    "downloadFile",
    function downloadFile(
      this: PacketronResponse,
      path: string,
      name?: string,
      options: SendFileOptions = {},
    ): Promise<void> {
      return send(this, downloadFile, path, () => dispositionOf(name ?? basename(String(path))), options);
    },
  );
}

function dispositionOf(name: unknown): string {
  if (typeof name !== "string") throw optionError("name", name, "the name under which the file is saved");
  return contentDisposition(name);
}
