/**
 * Members of servers and routes that throw an error with a hint, in place of "is not a function": members of packages
 * that a server does not have, and methods that servers of other frameworks have. They are not in the types. Requests
 * and responses have none, because middleware of npm asks for `typeof response.status` to recognise a framework.
 */
import { coreError, type PacketronError } from "../errors/errors.ts";
import { foreignServerMethods } from "../errors/foreign-words.ts";
import { beginAtCaller } from "../errors/misuse.ts";
import { factoryCall, packageMembers } from "../errors/packages.ts";

const placeholders: WeakSet<() => unknown> = new WeakSet();

/** Defines the placeholders of servers or routes on a prototype. */
export function definePlaceholders(target: "server" | "route", prototype: object): void {
  for (const { member, owner } of packageMembers(target)) {
    const name = member.replace("()", "");
    definePlaceholder(prototype, name, name === member, () =>
      coreError("PKT_MEMBER_UNCLAIMED", {
        member: `${target}.${member}`,
        package: owner,
        factory: factoryCall(owner),
      }),
    );
  }
  if (target === "route") return;
  for (const [name, instead] of Object.entries(foreignServerMethods)) {
    const member = `server.${name}()`;
    definePlaceholder(prototype, name, false, () => coreError("PKT_MEMBER_UNKNOWN", { member, instead }));
  }
}

/** Whether the member that an object has or inherits under a name is a placeholder, which a capability may replace. */
export function isPlaceholder(object: object, name: string): boolean {
  for (let holder: object | null = object; holder !== null; holder = Reflect.getPrototypeOf(holder)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(holder, name);
    if (descriptor !== undefined) return placeholders.has(descriptor.get ?? descriptor.value);
  }
  return false;
}

function definePlaceholder(
  prototype: object,
  name: string,
  property: boolean,
  toError: () => PacketronError,
): void {
  function placeholder(): never {
    throw beginAtCaller(toError(), placeholder);
  }
  placeholders.add(placeholder);
  const descriptor = property ? { get: placeholder } : { value: placeholder, writable: true };
  Object.defineProperty(prototype, name, { ...descriptor, configurable: true, enumerable: false });
}
