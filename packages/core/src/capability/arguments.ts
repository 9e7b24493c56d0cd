/**
 * Checks the arguments of a capability's calls. Without the checks, a mistake in a capability without types would only
 * show at the first request, or never: a gate that is not a function guards nothing.
 */

import { coreError } from "../errors/errors.ts";
import { isObject } from "../errors/narrow.ts";
import { showValue } from "../errors/show-value.ts";

/** The methods of the host whose arguments this file checks. The registry checks flag bits and names. */
export type CheckedVerb =
  | "gate"
  | "around"
  | "answering"
  | "settled"
  | "upgrade"
  | "serverOption"
  | "routeOption"
  | "resolver"
  | "lifecycle"
  | "extend"
  | "bodyParser"
  | "shared"
  | "provideShared";

/** Throws the error for an argument that is not valid for a call of the host. */
type Refuse = (received: unknown, expected: string) => never;

const TARGETS: readonly unknown[] = ["server", "route", "request", "response"];
const NO_FLAGS = (): number => 0;
/** A protocol of the field Upgrade, without a version: RFC 9110 sections 5.6.2 and 7.8. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const SCOPES: readonly unknown[] = ["program", "everywhere"];
const SERVICES = ["leases", "bus", "locks", "store"] as const;
const STAGES = ["starting", "listening", "draining", "stopped"] as const;

const checks: Readonly<Record<CheckedVerb, (refuse: Refuse, ...values: readonly unknown[]) => void>> = {
  gate(refuse, order, gate) {
    assertOrder(refuse, order);
    assertFunction(refuse, gate, "a function (request, response)");
  },
  around(refuse, order, around) {
    assertOrder(refuse, order);
    assertFunction(refuse, around, "a function (request, response, next)");
  },
  answering(refuse, change) {
    assertFunction(refuse, change, "a function (request, response, answer)");
  },
  settled(refuse, listen) {
    assertFunction(refuse, listen, "a function (exchange)");
  },
  upgrade(refuse, options, take) {
    if (!isObject(options))
      return refuse(options, 'an object such as { protocol: "websocket", routePath: "chat" }');
    const protocol: unknown = Reflect.get(options, "protocol");
    if (typeof protocol !== "string" || !TOKEN.test(protocol))
      refuse(protocol, 'a protocol such as "websocket" as its protocol');
    assertFunction(refuse, take, "a function (request, socket, head)");
  },
  serverOption(refuse, key, read) {
    assertName(refuse, key, "the name of the option");
    assertFunction(refuse, read, "a function (value)");
  },
  routeOption(refuse, key, read, implies = NO_FLAGS) {
    assertName(refuse, key, "the name of the option");
    assertFunction(refuse, read, "a function (value, route)");
    assertFunction(refuse, implies, "a function (value, given) for flags");
  },
  resolver(refuse, find) {
    assertFunction(refuse, find, "a function (method, path)");
  },
  lifecycle(refuse, hooks) {
    if (!isObject(hooks)) return refuse(hooks, `an object with some of the functions ${STAGES.join(", ")}`);
    for (const stage of STAGES) {
      const hook: unknown = Reflect.get(hooks, stage);
      if (hook !== undefined) assertFunction(refuse, hook, `a function as its ${stage}`);
    }
  },
  extend(refuse, target, name, member) {
    if (!TARGETS.includes(target)) refuse(target, `one of ${TARGETS.join(", ")} as its target`);
    assertName(refuse, name, "the name of the member");
    if (!isMember(member)) refuse(member, "a method, or an object with a function get");
  },
  bodyParser(refuse, parser) {
    if (!isObject(parser)) return refuse(parser, "an object such as { flag, name, mediaTypes, form, parse }");
    const part = (key: string): unknown => Reflect.get(parser, key);
    assertName(refuse, part("name"), "the name of its bit as its name");
    const types = part("mediaTypes");
    if (!Array.isArray(types) || !types.every((type) => typeof type === "string"))
      refuse(types, 'a list such as ["application/json"] as its mediaTypes');
    const form = part("form");
    if (form !== "text" && form !== "bytes" && form !== "stream")
      refuse(form, '"text", "bytes" or "stream" as its form');
    const verb = form === "stream" ? "open" : "parse";
    assertFunction(refuse, part(verb), `a function as its ${verb}`);
  },
  shared(refuse, scope) {
    if (!SCOPES.includes(scope)) refuse(scope, '"program" or "everywhere" as its scope');
  },
  provideShared(refuse, services) {
    const isComplete =
      isObject(services) &&
      SCOPES.includes(Reflect.get(services, "scope")) &&
      SERVICES.every((service) => isObject(Reflect.get(services, service)));
    if (!isComplete) refuse(services, `an object with scope, state, ${SERVICES.join(", ")}`);
  },
};

/**
 * Checks the arguments of a call of the host, before the registry records the claim of the capability.
 *
 * @throws PKT_OPTION_INVALID with the names of the call and of the capability.
 */
export function assertArguments(owner: string, verb: CheckedVerb, values: readonly unknown[]): void {
  const refuse: Refuse = (received, expected) => {
    const option = `host.${verb}() of ${owner}`;
    throw coreError("PKT_OPTION_INVALID", { option, received: showValue(received), expected });
  };
  checks[verb](refuse, ...values);
}

/** Refuses an order that cannot be compared, such as NaN: the step would run at an arbitrary place. */
function assertOrder(refuse: Refuse, order: unknown): void {
  if (!Number.isFinite(order)) refuse(order, "a number such as GateOrder.EARLY as its order");
}

function assertFunction(refuse: Refuse, value: unknown, expected: string): void {
  if (typeof value !== "function") refuse(value, expected);
}

function assertName(refuse: Refuse, value: unknown, expected: string): void {
  if (typeof value !== "string" || value === "") refuse(value, expected);
}

function isMember(value: unknown): boolean {
  return typeof value === "function" || (isObject(value) && typeof Reflect.get(value, "get") === "function");
}
