/** Members of Node's classes that look first whether an exchange is a direct one, and then do what they always do. */

/** Gives a class methods that call `before` and then the inherited method of that name, whatever it is by then. */
export function overrideMethods<Message extends object>(
  prototype: Message,
  inherited: object,
  names: readonly (string | symbol)[],
  before: (message: Message) => void,
): void {
  for (const name of names) {
    if (!(name in inherited)) continue; // a younger Node has more of them
    const value = function (this: Message, ...parameters: unknown[]): unknown {
      before(this);
      return Reflect.apply(Reflect.get(inherited, name), this, parameters);
    };
    Object.defineProperty(value, "name", { value: name });
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}

/** Gives a class getters that answer by themselves while `when` is true, and else with what is inherited. */
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

/** How listeners are added. */
export const LISTENING: readonly string[] = [
  "on",
  "addListener",
  "once",
  "prependListener",
  "prependOnceListener",
];
