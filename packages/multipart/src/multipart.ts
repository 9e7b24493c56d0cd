/** The capability: claims the flags and the route option, and reads a form from each body. */
import type { Readable } from "node:stream";
import type {
  Capability,
  CapabilityHost,
  PacketronRequest,
  PacketronRoute,
  ParsedBody,
} from "@packetron/core";
import { fromCaller, PacketronHandlerFlags, routeFacts } from "@packetron/core/capability";
import { type FileSystem, nodeFileSystem } from "./files/file-system.ts";
import { findBusboy } from "./form/busboy.ts";
import { FormReader } from "./form-reader.ts";
import { type MultipartOptions, resolveSettings } from "./options.ts";

declare module "@packetron/core" {
  interface RouteOptions<Path extends string = string> {
    /**
     * The limits of forms on a route with FORM_DATA, FILE_UPLOAD or MULTIPART_FORM_DATA, and the place of their files.
     * @default the options of `multipart(options)`
     */
    multipartOptions?: MultipartOptions;
  }
}

const { FILE_UPLOAD, FORM_DATA, MULTIPART_FORM_DATA, REJECT_ON_LIMIT, DELETE_FILES_AFTER_RESPONSE } =
  PacketronHandlerFlags;

const FORMS = FORM_DATA | FILE_UPLOAD | MULTIPART_FORM_DATA;

/**
 * Adds forms and file uploads:
 *
 * - `FORM_DATA`: `getBody()` gives the fields of an urlencoded or multipart form; files are discarded;
 * - `MULTIPART_FORM_DATA`: fields from `getBody()`, files on disk from `getFiles()`;
 * - `FILE_UPLOAD`: paths from `getFiles()`, no fields;
 * - `REJECT_ON_LIMIT`: a form that exceeds a limit gets a 413, which names the field and the limit;
 * - `DELETE_FILES_AFTER_RESPONSE`: files are removed after the response;
 * - the route option `multipartOptions`.
 *
 * @param options Defaults for the `multipartOptions` of all routes.
 * @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN for wrong options, here and in `multipartOptions`.
 * @example
 * const server = new Packetron({ capabilities: [multipart()] });
 * server.handle({
 *   method: PacketronRequestMethod.POST,
 *   routePath: "upload",
 *   flags: PacketronHandlerFlags.MULTIPART_FORM_DATA,
 *   multipartOptions: { maxFileSize: 5 * 1024 * 1024, fileStorageDirectory: "uploads" },
 *   handler: async (request, response) => {
 *     response.sendJson({ fields: await request.getBody(), files: await request.getFiles() });
 *   },
 * });
 */
export function multipart(options: MultipartOptions = {}): Capability {
  return fromCaller(multipart, () => createMultipart(options, nodeFileSystem));
}

/** Creates the capability of {@link multipart} on a given file system, which tests replace. */
export function createMultipart(options: MultipartOptions, fileSystem: FileSystem): Capability {
  const defaults = resolveSettings(options, "multipart()");
  return {
    name: "@packetron/multipart",
    install(host) {
      const reader = new FormReader(host, defaults, fileSystem);
      host.flag("handler", "REJECT_ON_LIMIT", REJECT_ON_LIMIT);
      host.flag("handler", "DELETE_FILES_AFTER_RESPONSE", DELETE_FILES_AFTER_RESPONSE);
      host.routeOption("multipartOptions", (value, route) => {
        reader.setSettings(route, resolveSettings(value, "multipartOptions", defaults));
      });
      claimParsers(host, reader);
      host.lifecycle({
        // If busboy is not installed, the start fails, not the first form.
        starting: () => {
          if (routeFacts(host).some(({ route }) => (route.flags & FORMS) !== 0)) findBusboy();
        },
        stopped: () => reader.close(),
      });
    },
  };
}

function claimParsers(host: CapabilityHost, reader: FormReader): void {
  const multipartForm = {
    mediaTypes: ["multipart/form-data"],
    requireMediaType: true,
    form: "stream",
    open: (stream: Readable, request: PacketronRequest, route: PacketronRoute): Promise<ParsedBody> =>
      reader.read(stream, request, route),
  } as const;
  host.bodyParser({ flag: MULTIPART_FORM_DATA, name: "MULTIPART_FORM_DATA", ...multipartForm });
  host.bodyParser({ flag: FILE_UPLOAD, name: "FILE_UPLOAD", ...multipartForm });
  host.bodyParser({ flag: FORM_DATA, name: "FORM_DATA", ...multipartForm });
  host.bodyParser({
    flag: FORM_DATA,
    name: "FORM_DATA",
    mediaTypes: ["application/x-www-form-urlencoded"],
    requireMediaType: true,
    form: "text",
    parse: (text, request, report) => reader.parseText(text, request, report),
  });
}
