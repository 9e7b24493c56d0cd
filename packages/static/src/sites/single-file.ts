/** A file that is served at a path of its own. */
import { resolve } from "node:path";
import { PacketronFileRouterFlags, type PacketronRoute } from "@packetron/core";
import { lookAtFile } from "../files/served-file.ts";
import type { ServeFileOptions } from "../options.ts";
import { assertPath, readDescription } from "../read-options.ts";
import { Endpoint, type EndpointContext, type Found } from "./endpoint.ts";

/** One call of `serveFile()`. The file was chosen by name, so it may begin with a dot and may be a link to anywhere. */
export class ServedFilePath {
  /** Absolute. */
  readonly file: string;
  /** The canonical path that it is served at. */
  readonly path: string;
  readonly #endpoint: Endpoint;
  readonly #look: () => Found;

  constructor(context: EndpointContext, options: ServeFileOptions) {
    const { routePath, filePath, ...rest } = options;
    assertPath("filePath", filePath);
    const flags = (rest.flags ?? 0) | PacketronFileRouterFlags.USER_SPECIFIED_FILE;
    this.file = resolve(filePath);
    this.#endpoint = new Endpoint(context, routePath, { ...rest, flags }, () => this.#look());
    this.path = this.#endpoint.path;
    const lookOptions = {
      root: null,
      ...readDescription({ ...rest, flags }),
      precompressed: true,
    };
    this.#look = () => this.#endpoint.look(this.path, (old) => lookAtFile(this.file, lookOptions, old));
  }

  /** The route of the file, while it is there. */
  find(): PacketronRoute | undefined | Promise<PacketronRoute | undefined> {
    const file = this.#look();
    if (file instanceof Promise)
      return file.then((found) => (found === null ? undefined : this.#endpoint.routeOf(this.path)));
    return file === null ? undefined : this.#endpoint.routeOf(this.path);
  }

  /** Lets go of what was cached; downloads go on. */
  close(): void {
    this.#endpoint.close();
  }
}
