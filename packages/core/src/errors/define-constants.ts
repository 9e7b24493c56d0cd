/** Families of constants, such as flags, in which a misspelt name is an error and not `undefined`. */
import { coreError } from "./errors.ts";
import { nameHint } from "./hints.ts";

/** Matches names that are written like constants. */
const CAPITALS = /^[A-Z\d_]+$/;

/**
 * Makes a frozen object of constants that refuses unknown names. Without the check, a misspelt flag would be
 * `undefined`, which counts as 0 in a sum of flags and as an absent option.
 *
 * A read throws when the name is written in capitals, or is a known name in another case (`json_body`). Any other name
 * reads as on a plain object, because tools probe `then`, `toJSON`, `constructor` and symbols. `in`, `Object.keys()`,
 * spreading and inspection work as on a plain object.
 *
 * @param name The name of the object, as programs import it; error messages show it.
 * @throws PKT_CONSTANT_UNKNOWN, when an unknown name is read: the message has the nearest name, or else all names.
 * @example
 * export const TicketFlags = defineConstants("TicketFlags", { URGENT: 1 << 20, SILENT: 1 << 21 });
 *
 * TicketFlags.URGANT; // throws: TicketFlags has no URGANT. Did you mean "URGENT"?
 */
export function defineConstants<const Values extends Readonly<Record<string, unknown>>>(
  name: string,
  values: Values,
): Readonly<Values> {
  const names = Object.keys(values);
  function get(target: object, key: string | symbol, receiver: unknown): unknown {
    if (typeof key !== "string" || !isMisspelt(key, names)) return Reflect.get(target, key, receiver);
    const error = coreError("PKT_CONSTANT_UNKNOWN", { object: name, name: key, hint: nameHint(key, names) });
    Error.captureStackTrace(error, get); // so that the stack begins at the line that reads the name
    throw error;
  }
  // The proxy is the prototype, because a proxy around the object would make the read of a known name 15 times slower.
  return Object.freeze(Object.setPrototypeOf({ ...values }, new Proxy({}, { get })));
}

function isMisspelt(key: string, names: readonly string[]): boolean {
  if (CAPITALS.test(key)) return true;
  const lower = key.toLowerCase();
  return names.some((name) => name.toLowerCase() === lower);
}
