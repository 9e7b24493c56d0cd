/** Methods of Node's classes that take an exchange off the direct way before they do what they always do. */

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

/** How listeners are added. */
export const LISTENING: readonly string[] = [
  "on",
  "addListener",
  "once",
  "prependListener",
  "prependOnceListener",
];
