/** The table of packages compared with what each package of this repository claims. */
import { describe, expect, test } from "vitest";
import { flagNames } from "../../src/config/flags.ts";
import {
  factoryCall,
  packageMembers,
  packageOfFlag,
  packageOfOption,
  packageOptions,
  placeOfOption,
} from "../../src/errors/packages.ts";
import { capabilityPackages } from "../_capabilities.ts";

test("there are capabilities in this repository, each with claims of its own", () => {
  expect(capabilityPackages.length).toBeGreaterThan(10);
});

describe.each(capabilityPackages)("core knows of $name", ({ name, factory, claims }) => {
  test("the package of each option", () => {
    for (const option of [...claims.serverOptions, ...claims.routeOptions])
      expect([option, packageOfOption(option)]).toEqual([option, name]);
  });

  test("where each option belongs, as far as an error shows it", () => {
    const { serverOptions, routeOptions } = claims;
    for (const option of serverOptions)
      expect([option, placeOfOption(option)]).toEqual([option, oneOf(routeOptions, option, "server")]);
    for (const option of routeOptions)
      expect([option, placeOfOption(option)]).toEqual([option, oneOf(serverOptions, option, "route")]);
  });

  test("the package of each flag that core reserves for it", () => {
    const reserved = claims.flags.filter(({ family, bit }) => flagNames[family].has(bit));
    for (const flag of reserved)
      expect([flag.name, packageOfFlag(flag.family, flag.name)]).toEqual([flag.name, name]);
  });

  test("the package of each member", () => {
    for (const { target, name: member } of claims.members) {
      const known = packageMembers(target).find((candidate) => candidate.member.replace("()", "") === member);
      expect([member, known?.owner]).toEqual([member, name]);
    }
  });

  test("the name of its factory, where an error shows it", () => {
    const { flags, serverOptions, routeOptions, members } = claims;
    const reserved = flags.filter(({ family, bit }) => flagNames[family].has(bit));
    const shown = [...reserved, ...serverOptions, ...routeOptions, ...members].length > 0;
    expect(factoryCall(name)).toBe(shown ? `${factory}()` : `${name}()`);
  });
});

/** The only place of an option; `undefined` when the other place has it, too. */
function oneOf<Place>(others: readonly string[], option: string, place: Place): Place | undefined {
  return others.includes(option) ? undefined : place;
}

test("core names no option and no member that no package claims", () => {
  const claims = capabilityPackages.map((candidate) => candidate.claims);
  const options = claims.flatMap((claim) => [...claim.serverOptions, ...claim.routeOptions]);
  const members = claims.flatMap((claim) => claim.members.map(({ target, name }) => `${target}.${name}`));
  const known = (["server", "route", "request", "response"] as const).flatMap((target) =>
    packageMembers(target).map(({ member }) => `${target}.${member.replace("()", "")}`),
  );
  expect(packageOptions.toSorted()).toEqual([...new Set(options)].toSorted());
  expect(known.toSorted()).toEqual(members.toSorted());
});
