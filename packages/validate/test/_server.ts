/** Helpers of the tests: a server with `validate()`, and requests to it. */
import { bodyJson } from "@packetron/body-json";
import type { InjectedAnswer, InjectOptions, Packetron, ServerOptions } from "@packetron/core";
import { makeServer as make } from "../../core/test/_server.ts";
import { validate } from "../src/index.ts";

/** What a silent logger has got: the message, and the code of the error. */
export interface Line {
  readonly level: string;
  readonly code: unknown;
  readonly text: string;
}

/** Makes a server with `validate()` and `bodyJson()` that stops at the end of the test; `lines` gets its log. */
export function makeServer(options: ServerOptions = {}, lines: Line[] = []): Packetron {
  const note = (level: string) => (fields: unknown, text?: string) => {
    const error: unknown =
      typeof fields === "object" && fields !== null ? Reflect.get(fields, "err") : undefined;
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    lines.push({ level, code, text: text ?? "" });
  };
  const { server } = make({
    logger: { debug: () => {}, info: () => {}, warn: note("warn"), error: note("error") },
    ...options,
    capabilities: [validate(), bodyJson(), ...(options.capabilities ?? [])],
  });
  return server;
}

/** An answer in short: status, and the body as JSON if it is JSON. */
export async function ask(
  server: Packetron,
  options: InjectOptions,
): Promise<[status: number, body: unknown]> {
  const answer = await server.inject(options);
  return [answer.status, bodyOf(answer)];
}

function bodyOf(answer: InjectedAnswer): unknown {
  return /json/.test(String(answer.headers["content-type"])) ? answer.json() : answer.text();
}
