/** The gate that checks the requests of a route before its handler runs. */
import type { Gate, PacketronRequest, PacketronResponse } from "@packetron/core";
import { isPacketronError, queryValues, refuse } from "@packetron/core/capability";
import type { CheckedSchemas } from "./options.ts";
import { Outcome } from "./outcome.ts";
import type { StandardSchema } from "./standard-schema.ts";
import type { RequestPart } from "./types.ts";

/** A part of the head and its schema. */
interface HeadCheck {
  readonly part: RequestPart;
  readonly schema: StandardSchema<unknown>;
  readonly read: (request: PacketronRequest) => unknown;
}

const READERS: readonly (readonly [Exclude<RequestPart, "body">, HeadCheck["read"]])[] = [
  ["params", (request) => request.params],
  ["query", queryValues],
  ["headers", (request) => request.headers],
];

/**
 * Makes the gate of a route: it refuses a request that does not fit the schemas with 400, and gives any other request the
 * values of the schemas as `request.valid`. The body is read only when the head is valid. The gate is synchronous without
 * a schema for bodies, as long as the schemas are.
 */
export function createGate(schemas: CheckedSchemas): Gate {
  const checks = READERS.flatMap(([part, read]) => {
    const schema = schemas[part];
    return schema === undefined ? [] : [{ part, schema, read }];
  });
  const { body } = schemas;
  return function schema(request, response) {
    const outcome = new Outcome();
    const pending = checkHead(checks, request, outcome);
    if (pending === null) return afterHead(body, outcome, request, response);
    return Promise.all(pending).then(() => afterHead(body, outcome, request, response));
  };
}

/** Checks the parts of the head. Returns the promises of asynchronous schemas, `null` without one. */
function checkHead(
  checks: readonly HeadCheck[],
  request: PacketronRequest,
  outcome: Outcome,
): Promise<void>[] | null {
  let pending: Promise<void>[] | null = null;
  for (const { part, schema, read } of checks) {
    const later = outcome.check(part, schema, read(request));
    if (later === undefined) continue;
    if (pending === null) pending = [later];
    else pending.push(later);
  }
  return pending;
}

function afterHead(
  schema: StandardSchema<unknown> | undefined,
  outcome: Outcome,
  request: PacketronRequest,
  response: PacketronResponse,
): boolean | Promise<boolean> {
  if (schema === undefined || outcome.isRefused) return finish(outcome, request, response);
  return request.getBody().then((body) => {
    // `null` is also the value of a body that the parser refuses.
    if (body === null && request.hasBody()) return checkNull(schema, outcome, request, response);
    const later = outcome.check("body", schema, body);
    if (later === undefined) return finish(outcome, request, response);
    return later.then(() => finish(outcome, request, response));
  });
}

async function checkNull(
  schema: StandardSchema<unknown>,
  outcome: Outcome,
  request: PacketronRequest,
  response: PacketronResponse,
): Promise<boolean> {
  const error = await request.getBodyError();
  if (error !== null) {
    refuse(response, isPacketronError(error) ? error : 400);
    return true;
  }
  await outcome.check("body", schema, null);
  return finish(outcome, request, response);
}

function finish(outcome: Outcome, request: PacketronRequest, response: PacketronResponse): boolean {
  if (outcome.refuse(response)) return true;
  request.valid = outcome.valid;
  return false;
}
