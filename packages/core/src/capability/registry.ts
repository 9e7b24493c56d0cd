/**
 * Records which capability has claimed which flag, option or parser. Capabilities claim only while they install.
 * Afterwards the registry checks the flags and options of the server and of each route. So a mistake is an error at
 * once, and the error says what to do.
 */

import {
  type FlagFamily,
  flagNames,
  flagObjects,
  PacketronHandlerFlags,
  splitBits,
} from "../config/flags.ts";
import { coreRouteOptions, coreServerOptions } from "../config/settings.ts";
import { coreError } from "../errors/errors.ts";
import { factoryCall, packageOfFlag } from "../errors/packages.ts";
import { showValue } from "../errors/show-value.ts";
import type { BodyParser } from "./body-parser.ts";
import type {
  Around,
  Gate,
  ImpliedFlags,
  LifecycleHooks,
  Resolver,
  RouteOptionReader,
  ServerOptionReader,
} from "./contract.ts";
import { Figures } from "./figures.ts";

/** A function that a capability has added, and that `server.routes()` names the owner of. */
type Added = Around | Gate | Resolver;

/** A value and the name of the capability that claimed it. */
interface Claim<Value> {
  readonly owner: string;
  readonly value: Value;
}

/** An option of routes that a capability reads. */
interface RouteOption {
  readonly read: RouteOptionReader;
  /** `undefined` for an option that implies no flags. */
  readonly implies: ImpliedFlags | undefined;
}

/** Bits that need no package: the bits that core reads, and NO_GLOBAL_DATA, which only turns a feature off. */
const CORE_BITS: Readonly<Record<FlagFamily, number>> = Object.freeze({
  server: 0b1011_1111,
  handler:
    PacketronHandlerFlags.DONT_USE_BODY |
    PacketronHandlerFlags.REJECT_INVALID_BODY |
    PacketronHandlerFlags.RAW_BODY |
    PacketronHandlerFlags.EXACT_PATH |
    PacketronHandlerFlags.SEND_RETURN_VALUE,
  file: 0,
});

/** The claims of one server. */
export class Registry {
  readonly serverOptions: Map<string, Claim<ServerOptionReader>> = new Map();
  readonly routeOptions: Map<string, Claim<RouteOption>> = new Map();
  readonly resolvers: Resolver[] = [];
  readonly lifecycle: LifecycleHooks[] = [];
  readonly figures: Figures = new Figures();
  readonly #flags: Readonly<Record<FlagFamily, Map<number, Claim<string>>>> = {
    server: new Map(),
    handler: new Map(),
    file: new Map(),
  };
  readonly #bodyParsers: Map<number, BodyParser[]> = new Map();
  readonly #owners: WeakMap<Added, string> = new WeakMap();

  /** Records that a capability claims a bit. The same capability may claim it again under the same name. */
  claimFlag(owner: string, family: FlagFamily, name: string, bit: number): void {
    if (!Number.isInteger(bit) || bit < 1 || bit > 1 << 30 || (bit & (bit - 1)) !== 0) {
      const expected = "one bit between 1 << 0 and 1 << 30 (1 << 31 would be the sign of the integer)";
      throw coreError("PKT_OPTION_INVALID", { option: `${family} flag ${name}`, received: bit, expected });
    }
    const reserved = flagNames[family].get(bit);
    const claim = this.#flags[family].get(bit);
    const first = claim?.owner ?? ownerByDefault(family, bit, name);
    if (first !== undefined && (first !== owner || claim?.value !== name)) {
      const bitName = `1 << ${31 - Math.clz32(bit)}`;
      throw coreError("PKT_FLAG_CONFLICT", {
        first,
        second: owner,
        family,
        bit: bitName,
        name: claim?.value ?? reserved ?? name,
      });
    }
    this.#flags[family].set(bit, { owner, value: name });
  }

  /** Records a body parser under its bit. */
  claimBodyParser(owner: string, parser: BodyParser): void {
    this.claimFlag(owner, "handler", parser.name, parser.flag);
    this.#bodyParsers.set(parser.flag, [...(this.#bodyParsers.get(parser.flag) ?? []), parser]);
  }

  /** Records that a capability claims an option of the constructor. */
  claimServerOption(owner: string, key: string, read: ServerOptionReader): void {
    assertNotCore(coreServerOptions, owner, `server option "${key}"`, key);
    claim(this.serverOptions, owner, `server option "${key}"`, key, read);
  }

  /** Records that a capability claims an option of routes. */
  claimRouteOption(owner: string, key: string, read: RouteOptionReader, implies?: ImpliedFlags): void {
    assertNotCore(coreRouteOptions, owner, `route option "${key}"`, key);
    claim(this.routeOptions, owner, `route option "${key}"`, key, { read, implies });
  }

  /**
   * Returns the flags of a route with those that its options imply.
   *
   * @throws PKT_FLAG_UNCLAIMED when the server does not have the package of an implied flag.
   */
  withImpliedFlags(options: object, flags: number): number {
    let all = flags;
    for (const [key, { value: option }] of this.routeOptions) {
      const value: unknown = option.implies === undefined ? undefined : Reflect.get(options, key);
      if (value === undefined || option.implies === undefined) continue;
      const implied = option.implies(value, { flags, readsBodies: this.bodyParsersOf(flags).length > 0 });
      this.assertFlags("handler", implied);
      all |= implied;
    }
    return all;
  }

  /** Records which capability has added a gate, an around or a resolver, so that `server.routes()` can show the name. */
  setOwner(owner: string, added: Added): void {
    this.#owners.set(added, owner);
  }

  /** The name of the capability that has added a gate, an around or a resolver; `"@packetron/core"` for core's own. */
  ownerOf(added: Added): string {
    return this.#owners.get(added) ?? "@packetron/core";
  }

  /** The parsers that the body bits of `flags` ask for, lowest bit first; an empty list with DONT_USE_BODY. */
  bodyParsersOf(flags: number): BodyParser[] {
    if (flags & PacketronHandlerFlags.DONT_USE_BODY) return [];
    return splitBits(flags).flatMap((bit) => this.#bodyParsers.get(bit) ?? []);
  }

  /** The parsers whose flags are constants of their packages, and not of `PacketronHandlerFlags`. */
  ownBodyParsers(): BodyParser[] {
    const own = [...this.#bodyParsers].filter(([bit]) => !flagNames.handler.has(bit));
    return own.flatMap(([, parsers]) => parsers);
  }

  /**
   * Refuses bits that core and the capabilities do not read.
   *
   * @throws PKT_FLAG_UNKNOWN for a bit without a name; PKT_FLAG_UNCLAIMED for a bit whose package the server does not
   *   have.
   */
  assertFlags(family: FlagFamily, flags: number): void {
    if (!Number.isInteger(flags) || flags < 0 || flags > 0x7fff_ffff) {
      const expected = `constants of ${flagObjects[family]}, combined with "|"`;
      throw coreError("PKT_OPTION_INVALID", { option: "flags", received: showValue(flags), expected });
    }
    const names = this.namesOf(family);
    for (const bit of splitBits(flags)) {
      if ((CORE_BITS[family] & bit) !== 0 || this.#flags[family].has(bit)) continue;
      const name = names.get(bit);
      if (name === undefined) throw this.#unknownBits(family, flags, names);
      const owner = packageOfFlag(family, name);
      throw coreError("PKT_FLAG_UNCLAIMED", { flag: name, package: owner, factory: factoryCall(owner) });
    }
  }

  /** The names of all bits of a family, including those that capabilities have claimed. */
  namesOf(family: FlagFamily): ReadonlyMap<number, string> {
    const claimed = [...this.#flags[family]].map(([bit, claim]): [number, string] => [bit, claim.value]);
    return new Map([...flagNames[family], ...claimed]);
  }

  #unknownBits(family: FlagFamily, flags: number, names: ReadonlyMap<number, string>): Error {
    const unknown = splitBits(flags).filter((bit) => !names.has(bit));
    return coreError("PKT_FLAG_UNKNOWN", {
      family,
      flags,
      unknown: unknown.map((bit) => `1 << ${31 - Math.clz32(bit)}`).join(", "),
      known: [...names].map(([bit, name]) => `${name} (1 << ${31 - Math.clz32(bit)})`).join(", "),
      object: flagObjects[family],
    });
  }
}

/**
 * The owner of a bit that no capability has claimed yet. Core owns the bits that it reads. A bit that is reserved for a
 * package belongs to that package when another capability claims the bit under another name.
 */
function ownerByDefault(family: FlagFamily, bit: number, name: string): string | undefined {
  if (CORE_BITS[family] & bit) return "@packetron/core";
  const reserved = flagNames[family].get(bit);
  return reserved === undefined || reserved === name ? undefined : packageOfFlag(family, reserved);
}

function claim<Value>(
  claims: Map<string, Claim<Value>>,
  owner: string,
  what: string,
  key: string,
  value: Value,
): void {
  const first = claims.get(key)?.owner;
  if (first !== undefined) throw coreError("PKT_CAPABILITY_CONFLICT", { first, second: owner, what });
  claims.set(key, { owner, value });
}

function assertNotCore(names: readonly string[], owner: string, what: string, key: string): void {
  if (names.includes(key))
    throw coreError("PKT_CAPABILITY_CONFLICT", { first: "@packetron/core", second: owner, what });
}
