import { describe, expect, expectTypeOf, test } from "vitest";
import { defineErrors, type ErrorFactory, isPacketronError, PacketronError } from "../../src/index.ts";

const ticketError = defineErrors({
  PKT_TICKET_CLOSED: { status: 409, message: "The ticket is closed. Open it again first." },
  PKT_TICKET_LIMIT: {
    message: ({ open, limit }: { open: number; limit: number }) =>
      `${open} tickets are open, the limit is ${limit}.`,
  },
  PKT_TICKET_NUMBER: {
    base: RangeError,
    message: (facts: { number: number }) => `No ticket ${facts.number}.`,
  },
});

describe("a function of defineErrors()", () => {
  test("makes errors with code, message and status", () => {
    const error = ticketError("PKT_TICKET_CLOSED");
    expect(error).toBeInstanceOf(PacketronError);
    expect(error).toMatchObject({
      name: "PacketronError",
      code: "PKT_TICKET_CLOSED",
      status: 409,
      message: "The ticket is closed. Open it again first.",
    });
  });

  test("fills the message with the facts; the error has a status only if the table has one", () => {
    const error = ticketError("PKT_TICKET_LIMIT", { open: 12, limit: 10 });
    expect(error).toMatchObject({ status: undefined, message: "12 tickets are open, the limit is 10." });
  });

  test("keeps the original failure as cause, and has no cause without one", () => {
    const failure = new Error("disk");
    expect(ticketError("PKT_TICKET_CLOSED", undefined, failure).cause).toBe(failure);
    expect(ticketError("PKT_TICKET_LIMIT", { open: 1, limit: 1 }, null).cause).toBeNull();
    expect(ticketError("PKT_TICKET_NUMBER", { number: 1 }, failure).cause).toBe(failure);
    expect(Object.hasOwn(ticketError("PKT_TICKET_CLOSED"), "cause")).toBe(false);
    expect(Object.hasOwn(ticketError("PKT_TICKET_NUMBER", { number: 1 }), "cause")).toBe(false);
  });

  test("makes an error of the class in the table, and isPacketronError() recognises it by its code", () => {
    const error = ticketError("PKT_TICKET_NUMBER", { number: 0.5 });
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ name: "RangeError", message: "No ticket 0.5." });
    expect(isPacketronError(error, "PKT_TICKET_NUMBER")).toBe(true);
  });

  test("lists its codes in their order, frozen", () => {
    expect(ticketError.codes).toEqual(["PKT_TICKET_CLOSED", "PKT_TICKET_LIMIT", "PKT_TICKET_NUMBER"]);
    expect(Object.isFrozen(ticketError.codes)).toBe(true);
  });

  test.each(["PKT_TICKET_UNKNOWN", "constructor"])("throws a TypeError for the unknown code %s", (code) => {
    expect(() => Reflect.apply(ticketError, undefined, [code])).toThrow(
      new TypeError(`The table of errors has no code ${code}.`),
    );
  });

  test("is typed by its table: codes, and facts where a message needs them", () => {
    expectTypeOf(ticketError.codes[0]).toEqualTypeOf<
      "PKT_TICKET_CLOSED" | "PKT_TICKET_LIMIT" | "PKT_TICKET_NUMBER" | undefined
    >();
    // @ts-expect-error: a code that is not in the table
    expect(() => ticketError("PKT_TICKET_UNKNOWN")).toThrow(TypeError);
    // @ts-expect-error: facts are missing
    expect(() => ticketError("PKT_TICKET_LIMIT")).toThrow(TypeError);
    // @ts-expect-error: a fact is missing
    expect(ticketError("PKT_TICKET_LIMIT", { open: 1 })).toBeInstanceOf(PacketronError);
  });

  test("can have its facts declared separately, for isolated declarations", () => {
    interface Errors {
      PKT_TICKET_LOST: { where: string };
      PKT_TICKET_TORN: undefined;
    }
    const error: ErrorFactory<Errors> = defineErrors<Errors>({
      PKT_TICKET_LOST: { message: (facts) => `Lost in ${facts.where}.` },
      PKT_TICKET_TORN: { message: "It is torn." },
    });
    expect(error("PKT_TICKET_LOST", { where: "the mail" }).message).toBe("Lost in the mail.");
    expect(error("PKT_TICKET_TORN").message).toBe("It is torn.");
  });
});

test.each(["TICKET_CLOSED", "PKT_CLOSED", "PKT_ticket_closed", "PKT__CLOSED", "PKT_TICKET_", ""])(
  "defineErrors() refuses the code %j, which is not PKT_<AREA>_<WHAT>",
  (code) => {
    expect(() => defineErrors({ [code]: { message: "text" } })).toThrow(TypeError);
  },
);
