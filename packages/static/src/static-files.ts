/** The capability: claims the flags of files, and adds what serves them to servers and responses. */
import { basename } from "node:path";
import {
  type Capability,
  type CapabilityHost,
  optionError,
  PacketronFileRouterFlags,
  type PacketronResponse,
} from "@packetron/core";
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
     * Serves the files of a directory. Each file is an endpoint of its own: plugins, rate limits and size caps that are
     * given here hold for every file by itself. A route of `handle()` for the same path wins, in either order; of two
     * directories that have the same path, the one that was served last.
     *
     * The primary of a cluster only remembers it.
     *
     * @throws PKT_STATIC_DIRECTORY when the directory is not there or not readable; PKT_OPTION_INVALID,
     *   PKT_OPTION_UNKNOWN, PKT_FLAG_UNKNOWN, PKT_ROUTE_PATH for options that are wrong.
     * @example
     * server.serve({ directory: "./public", pathPrefix: "static", cacheControl: "max-age=60" });
     */
    serve(options: ServeOptions): void;

    /**
     * Serves one file at a path of its own; it wins over a directory that has the path too.
     *
     * @throws PKT_STATIC_FILE when the file is not there or not readable; the others as `serve()`.
     * @example
     * server.serveFile({ routePath: "robots.txt", filePath: "./robots.txt" });
     */
    serveFile(options: ServeFileOptions): void;

    /**
     * Stops serving a directory under a prefix, or a single file. Downloads under way finish.
     *
     * @returns Whether it was served.
     * @example
     * server.unserve({ directory: "./public", pathPrefix: "static" });
     */
    unserve(options: UnserveOptions): boolean;
  }

  interface PacketronResponse {
    /**
     * Sends a file with its media type, ETag and Last-Modified; HEAD, ranges and conditional requests get what they ask
     * for. A `statusCode` and headers that were set before are kept. A relative path starts at the working directory.
     *
     * A path without a readable file is a 404; what fails otherwise goes the way of an error in the handler. The promise
     * never rejects, so it need not be awaited.
     *
     * @returns Resolves when the answer is handed over, or the client has left.
     * @example
     * response.sendFile(request.params.name, { root: "./reports" }); // nothing outside of ./reports is sent
     */
    sendFile(path: string, options?: SendFileOptions): Promise<void>;

    /**
     * Sends a file, as {@link sendFile} does, to be saved under a name.
     *
     * @param name Any text: it is cleaned and encoded. By default the name of the file.
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
 * @throws PKT_OPTION_INVALID for an option that is unknown, or no integer from 0 on.
 * @example
 * const server = new Packetron({ port: 3000, capabilities: [staticFiles({ cacheBytes: 64 * 1024 * 1024 })] });
 * server.serve({ directory: "./public" });
 */
export function staticFiles(options: StaticFilesOptions = {}): Capability {
  const settings = resolveSettings(options);
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
    call: string,
    path: string,
    disposition: () => string | null,
    options: SendFileOptions,
  ): Promise<void> {
    if (host.isAnswered(response, call)) return Promise.resolve();
    const sent = async (): Promise<void> => sender.sendPath(response, path, options, disposition(), call);
    // Handlers often do not wait for it: a rejection would end the process.
    return sent().catch((error: unknown) => host.fail(error, response.req, response));
  }
  host.extend(
    "response",
    "sendFile",
    function sendFile(this: PacketronResponse, path: string, options: SendFileOptions = {}): Promise<void> {
      return send(this, "sendFile()", path, () => null, options);
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
      return send(this, "downloadFile()", path, () => dispositionOf(name ?? basename(String(path))), options);
    },
  );
}

function dispositionOf(name: unknown): string {
  if (typeof name !== "string") throw optionError("name", name, "the name under which the file is saved");
  return contentDisposition(name);
}
