/** Makes the stack of a misuse begin at the line of the program that called a public method or constructor. */
import { isPacketronError } from "./define-errors.ts";

/** A function or a class that programs call. */
type PublicFunction = NonNullable<Parameters<typeof Error.captureStackTrace>[1]>;

/** Errors whose stack begins at a caller already. An inner public function is nearer to the mistake than an outer one. */
const placed = new WeakSet<Error>();

/**
 * Does the work of a public function, such as the factory of a capability. When the work throws a Packetron error, the
 * stack of the error begins at the caller of the function: the line with the mistake. Other errors, and errors with a
 * status, which requests cause, keep their stack.
 *
 * @param called The public function, which must be running; the class when it is a constructor.
 * @example
 * export function tickets(options: TicketOptions): Capability {
 *   const settings = fromCaller(tickets, () => resolveSettings(options));
 *   return { name: "tickets", install: (host) => addTickets(host, settings) };
 * }
 */
export function fromCaller<Result>(called: PublicFunction, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw beginAtCaller(error, called);
  }
}

/** Makes a method whose misuses have a stack that begins at the caller of the method. */
export function withCallerStack<This, Values extends readonly unknown[], Result>(
  method: (this: This, ...values: Values) => Result,
): (this: This, ...values: Values) => Result {
  function called(this: This, ...values: Values): Result {
    try {
      return Reflect.apply(method, this, values);
    } catch (error) {
      throw beginAtCaller(error, called);
    }
  }
  return Object.defineProperty(called, "name", { value: method.name });
}

/**
 * Adds a sentence to the message of a misuse, whose stack then begins at the next outer caller. Returns the error. Other
 * errors, and errors with a status, stay as they are.
 */
export function withSentence(error: unknown, sentence: string): unknown {
  if (!isPacketronError(error) || error.status !== undefined) return error;
  error.message += ` ${sentence}`;
  placed.delete(error);
  return error;
}

/** Makes the stack of a misuse begin at the caller of a public function. Returns the error. */
export function beginAtCaller<Thrown>(error: Thrown, called: PublicFunction): Thrown {
  if (!isPacketronError(error) || error.status !== undefined || placed.has(error)) return error;
  placed.add(error);
  const { stack } = error;
  Error.captureStackTrace(error, called);
  // Without frames, `called` was not running: the program calls a copy of the method, for example.
  if (!/\n\s+at /.test(error.stack ?? "")) Object.assign(error, { stack });
  return error;
}
