/** The requests that a program sends to its own server. The code that sends them is loaded at the first one. */
import type { HttpListener } from "../cluster/process/lifecycle.ts";
import type { ServerSettings } from "../config/options.ts";
import { coreError } from "../errors/errors.ts";
import type { Injector } from "../inject/index.ts";
import type { InjectedAnswer, InjectOptions } from "../inject/inject.ts";

interface Loaded {
  readonly injector: Injector;
  readonly code: typeof import("../inject/index.ts");
}

/** Sends injected requests to one server, until the server has stopped. */
export class Injections {
  readonly #settings: ServerSettings;
  readonly #createListener: () => HttpListener;
  #loaded: Promise<Loaded> | undefined;
  #isStopped = false;

  constructor(settings: ServerSettings, createListener: () => HttpListener) {
    this.#settings = settings;
    this.#createListener = createListener;
  }

  async inject(options: InjectOptions): Promise<InjectedAnswer> {
    const { code, injector } = await this.#load();
    return code.inject(injector, options);
  }

  async fetch(request: Request): Promise<Response> {
    const { code, injector } = await this.#load();
    return code.fetchFrom(injector, request);
  }

  /** Lets the requests that run finish, at most for `timeoutMs`. Refuses all further ones. Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    this.#isStopped = true;
    if (this.#loaded !== undefined) await (await this.#loaded).injector.close(timeoutMs);
  }

  #load(): Promise<Loaded> {
    if (this.#isStopped) throw coreError("PKT_SERVER_STOPPED");
    this.#loaded ??= this.#loadCode();
    return this.#loaded;
  }

  async #loadCode(): Promise<Loaded> {
    const code = await import("../inject/index.ts");
    return { code, injector: new code.Injector(this.#settings, this.#createListener) };
  }
}
