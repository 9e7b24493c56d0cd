/** A single file that is served at its own path. */
import { resolve } from "node:path";
import type { PacketronRoute } from "@packetron/core";
import { PacketronFileRouterFlags } from "@packetron/core/capability";
import { lookAtFile } from "../files/served-file.ts";
import type { ServeFileOptions } from "../options.ts";
import { assertPath, readDescription } from "../read-options.ts";
import { Endpoint, type EndpointContext, type Found } from "./endpoint.ts";

/** The file of one `serveFile()` call. The program chose the file, so dot files and symbolic links are allowed. */
export class ServedFilePath {
  /** The absolute path of the file. */
  readonly file: string;
  /** The URL path at which the file is served, in canonical form: decoded, with a leading slash. */
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

  /** Returns the route of the file; `undefined` if the file does not exist now. */
  find(): PacketronRoute | undefined | Promise<PacketronRoute | undefined> {
    const file = this.#look();
    if (file instanceof Promise)
      return file.then((found) => (found === null ? undefined : this.#endpoint.routeOf(this.path)));
    return file === null ? undefined : this.#endpoint.routeOf(this.path);
  }

  /** Clears the caches of the file. Downloads that have begun continue. */
  close(): void {
    this.#endpoint.close();
  }
}
