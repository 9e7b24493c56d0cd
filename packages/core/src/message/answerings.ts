/** Runs the functions of `host.answering()` of one server: once for every answer, before its head leaves. */
import type { Duplex } from "node:stream";
import { isThenable } from "../node/thenable.ts";
import {
  type AnswerBody,
  type Answering,
  AnsweringState,
  type ChangedAnswer,
  OpenAnswer,
  WholeAnswer,
} from "./answer-change.ts";
import { type Changes, createGuards, type Guards } from "./answer-guards.ts";
import type { PreparedAnswer } from "./prepared-answer.ts";
import type { PacketronRequest } from "./request.ts";
import type { PacketronResponse } from "./response.ts";

interface Entry {
  readonly change: Answering;
}

/** The functions of one server and of its routes. */
export class Answerings implements Changes {
  readonly #fail: (error: unknown, request: PacketronRequest, response: PacketronResponse) => void;
  readonly #own: Guards & { readonly guards: Guards };
  #ofServer: readonly Entry[] = [];
  /** The functions of a route, after those of the server; `null` while no route has had one. */
  #ofRoutes: WeakMap<object, readonly Entry[]> | null = null;

  /** @param fail Answers a request, one of whose functions has failed. */
  constructor(fail: (error: unknown, request: PacketronRequest, response: PacketronResponse) => void) {
    this.#fail = fail;
    const guards = createGuards(this);
    this.#own = { ...guards, guards };
  }

  /** Adds a function for the answers of a route, or of the server when no route is given. Returns its removal. */
  add(change: Answering, route?: object): () => void {
    const entry: Entry = { change };
    if (route === undefined) {
      this.#ofServer = [...this.#ofServer, entry];
      return () => {
        this.#ofServer = this.#ofServer.filter((other) => other !== entry);
      };
    }
    this.#ofRoutes ??= new WeakMap();
    const routes = this.#ofRoutes;
    routes.set(route, [...(routes.get(route) ?? []), entry]);
    return () => void routes.set(route, routes.get(route)?.filter((other) => other !== entry) ?? []);
  }

  /**
   * Makes the methods of a response that send a head run the functions first, if the server or the request's route has
   * any. They are own methods, because Express replaces the prototype of a response.
   */
  guard(response: PacketronResponse): void {
    if (response.guards === null && this.#entriesOf(response).length > 0) Object.assign(response, this.#own);
  }

  /** Changes and sends the answer of a sender. */
  send(response: PacketronResponse, type: string | null, body: AnswerBody): void {
    if (this.#entriesOf(response).length === 0) response.responder.send(response, type, body);
    else this.change(response, new WholeAnswer(response, type, body));
  }

  /** Changes and sends a prepared answer. */
  sendPrepared(response: PacketronResponse, prepared: PreparedAnswer): void {
    if (this.#entriesOf(response).length === 0) prepared.sendUnchanged(response);
    else this.change(response, new WholeAnswer(response, null, prepared.body, prepared));
  }

  /** Sends an answer with a whole body. The functions change it first, unless they have run before. */
  change(response: PacketronResponse, answer: ChangedAnswer): void {
    if (response.answering !== undefined) return answer.send();
    response.answering = AnsweringState.DONE;
    this.#changeFrom(0, this.#entriesOf(response), response, answer);
  }

  /** Lets the functions see an answer that is a stream. Returns the streams that its bytes go through, in order. */
  open(response: PacketronResponse): Duplex[] {
    response.answering = AnsweringState.DONE;
    const answer = new OpenAnswer(response, null);
    const results = this.#entriesOf(response).map(({ change }) => change(response.req, response, answer));
    for (const result of results)
      if (isThenable(result))
        result.then(undefined, (error: unknown) => this.#fail(error, response.req, response));
    return results.filter(isDuplex);
  }

  /** Answers a request whose transformed stream has failed. */
  fail(error: unknown, response: PacketronResponse): void {
    response.answering = AnsweringState.DONE;
    response.refused = false; // a refusal that could not be sent must not stop the 500
    this.#fail(error, response.req, response);
  }

  #entriesOf({ req: { route } }: PacketronResponse): readonly Entry[] {
    if (this.#ofRoutes === null || route === null) return this.#ofServer;
    const own = this.#ofRoutes.get(route);
    return own === undefined ? this.#ofServer : [...this.#ofServer, ...own];
  }

  #changeFrom(
    start: number,
    entries: readonly Entry[],
    response: PacketronResponse,
    answer: ChangedAnswer,
  ): void {
    for (let index = start; index < entries.length; index++) {
      let result: unknown;
      try {
        result = entries[index]?.change(response.req, response, answer);
      } catch (error) {
        return this.fail(error, response);
      }
      if (result === undefined) continue;
      if (isThenable(result)) return this.#changeLater(result, index + 1, entries, response, answer);
      if (isBody(result)) answer.replace(result);
    }
    answer.send();
  }

  #changeLater(
    result: PromiseLike<unknown>,
    next: number,
    entries: readonly Entry[],
    response: PacketronResponse,
    answer: ChangedAnswer,
  ): void {
    response.answering = AnsweringState.PENDING;
    const proceed = (body: unknown): void => {
      response.answering = AnsweringState.DONE;
      if (isBody(body)) answer.replace(body);
      this.#changeFrom(next, entries, response, answer);
    };
    result.then(proceed).then(undefined, (error: unknown) => this.fail(error, response));
  }
}

/** Whether a value is a stream with both sides, also one of another copy of Node's classes. */
function isDuplex(value: unknown): value is Duplex {
  if (typeof value !== "object" || value === null) return false;
  return ["pipe", "read", "write"].every((name) => typeof Reflect.get(value, name) === "function");
}

function isBody(value: unknown): value is AnswerBody {
  return typeof value === "string" || value instanceof Uint8Array;
}
