/** Overrides members of Node's classes: the new member first runs a check, then does what Node's member does. */

/**
 * Adds methods to a class. Each method calls `before`, then the inherited method of the same name. The inherited method
 * is looked up at each call, so a patch that a tool applies to Node's class later takes effect.
 */
export function overrideMethods<Message extends object>(
  prototype: Message,
  inherited: object,
  names: readonly (string | symbol)[],
  before: (message: Message) => void,
): void {
  for (const name of names) {
    if (!(name in inherited)) continue; // older versions of Node lack some of them
    const value = function (this: Message, ...parameters: unknown[]): unknown {
      before(this);
      return Reflect.apply(Reflect.get(inherited, name), this, parameters);
    };
    Object.defineProperty(value, "name", { value: name });
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}

/**
 * Adds getters to a class. While `when` is true, a getter returns the value given for it, otherwise the inherited
 * value.
 */
export function overrideGetters<Message extends object>(
  prototype: Message,
  inherited: object,
  values: Readonly<Record<string, unknown>>,
  when: (message: Message) => boolean,
): void {
  for (const [name, value] of Object.entries(values)) {
    const { get, set } = findProperty(inherited, name) ?? {};
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: Message): unknown {
        return when(this) ? value : get?.call(this);
      },
      ...(set === undefined ? {} : { set }),
    });
  }
}

function findProperty(prototype: object | null, name: string): PropertyDescriptor | undefined {
  if (prototype === null) return undefined;
  return (
    Object.getOwnPropertyDescriptor(prototype, name) ?? findProperty(Object.getPrototypeOf(prototype), name)
  );
}

/** The methods of an EventEmitter that add a listener. */
export const LISTENING: readonly string[] = [
  "on",
  "addListener",
  "once",
  "prependListener",
  "prependOnceListener",
];
