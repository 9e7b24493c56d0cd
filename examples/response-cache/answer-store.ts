/** Keeps answers by URL, and gives them again. */
import type { Answer, PacketronRequest, PacketronResponse } from "@packetron/core";

/** What a cache has done. */
export interface CacheCounts {
  /** Requests that the cache has answered. */
  readonly hits: number;
  /** Requests whose answer was kept. */
  readonly kept: number;
  /** Clients that left before they had their answer from the cache. */
  readonly aborted: number;
}

interface KeptAnswer {
  readonly type: string | undefined;
  readonly etag: string | undefined;
  readonly body: Uint8Array;
  readonly keptAt: number;
  readonly staleAt: number;
}

/** The most answers that are kept. The one that was kept first makes room for a further one. */
const MOST = 1_000;

/** The answers of one server in this process. */
export class AnswerStore {
  readonly counts = { hits: 0, kept: 0, aborted: 0 };
  readonly #answers = new Map<string, KeptAnswer>();
  /** The handlers that run, by the URL that they answer. */
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #hits = new WeakSet<PacketronRequest>();

  /** Answers a GET by a kept answer, else runs the handler. */
  answer(request: PacketronRequest, response: PacketronResponse, next: () => unknown): unknown {
    const { method, url = "" } = request;
    if (method !== "GET") return next();
    if (this.#send(request, response)) return undefined;
    const running = this.#running.get(url);
    if (running !== undefined)
      return running.then(() => (this.#send(request, response) ? undefined : next()));
    const result = next();
    if (!(result instanceof Promise)) return result;
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    this.#running.set(url, settled);
    return result.finally(() => this.#running.delete(url));
  }

  /** Keeps an answer that a handler gives. */
  keep(request: PacketronRequest, response: PacketronResponse, answer: Answer, lifeTime: number): void {
    const { body, status } = answer;
    if (request.method !== "GET" || status !== 200 || body === null || this.#hits.has(request)) return;
    if (response.hasHeader("Set-Cookie") || answer.header("Vary") !== undefined) return;
    if (/private|no-store|no-cache/i.test(answer.header("Cache-Control") ?? "")) return;
    const [oldest] = this.#answers.size < MOST ? [] : this.#answers.keys();
    if (oldest !== undefined) this.#answers.delete(oldest);
    const keptAt = performance.now();
    this.#answers.set(request.url ?? "", {
      type: answer.header("Content-Type"),
      etag: answer.header("ETag"),
      body: Buffer.from(body), // a copy, because the program may use its bytes again
      keptAt,
      staleAt: keptAt + lifeTime,
    });
    this.counts.kept++;
  }

  /** Counts a request that is over. */
  count(request: PacketronRequest, aborted: boolean): void {
    if (!this.#hits.has(request)) return;
    this.counts.hits++;
    if (aborted) this.counts.aborted++;
  }

  #send(request: PacketronRequest, response: PacketronResponse): boolean {
    const { url = "" } = request;
    const kept = this.#answers.get(url);
    const now = performance.now();
    if (kept === undefined) return false;
    if (now >= kept.staleAt) {
      this.#answers.delete(url);
      return false;
    }
    this.#hits.add(request);
    response.setHeader("Age", Math.floor((now - kept.keptAt) / 1_000));
    if (kept.type !== undefined) response.setHeader("Content-Type", kept.type);
    if (kept.etag !== undefined) response.setHeader("ETag", kept.etag);
    response.send(kept.body);
    return true;
  }
}
