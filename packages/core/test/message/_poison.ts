/** Spellings with which a client tries to reach Object.prototype through a parser. */
const NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "__defineGetter__",
];

export const POISON: readonly string[] = [
  ...NAMES,
  "__proto__.polluted",
  "__proto__[polluted]",
  "constructor.prototype.polluted",
  "constructor[prototype][polluted]",
  "[__proto__][polluted]",
  "a[__proto__][polluted]",
  "a.__proto__.polluted",
  "a[constructor][prototype][polluted]",
  "__pro__proto__to__",
  "__PROTO__",
  "%5F%5Fproto%5F%5F",
  "__proto%5F%5F",
  "%5f%5fproto__%5bpolluted%5d",
  "__proto__%00",
  " __proto__",
  "__proto__%20",
  "constructor%2Eprototype",
  "__lookupGetter__",
  "__defineSetter__",
];

/** Whether Object.prototype is unchanged. */
export function isClean(): boolean {
  return (
    !("polluted" in {}) &&
    Object.keys(Object.prototype).length === 0 &&
    {}.toString === Object.prototype.toString
  );
}
