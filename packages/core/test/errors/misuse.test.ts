import { describe, expect, test } from "vitest";
import { fromCaller } from "../../src/capability/index.ts";
import { type Capability, defineErrors, optionError } from "../../src/index.ts";
import { Packetron } from "../../src/server/packetron.ts";
import { makeServer } from "../_server.ts";

/** Calls `mistake` in a function of this file, and returns the first line of the stack of its error. */
function firstFrame(mistake: () => unknown): string | undefined {
  try {
    mistake();
  } catch (error) {
    return error instanceof Error ? error.stack?.split("\n").find((line) => /^\s+at /.test(line)) : undefined;
  }
  throw new Error("there was no error");
}

/** Calls a method as JavaScript may: with any argument. */
function call(object: object, name: string, ...values: readonly unknown[]): unknown {
  return Reflect.apply(Reflect.get(object, name), object, values);
}

const ticketError = defineErrors({
  PKT_TICKET_LOST: { message: "The ticket is lost." },
  PKT_TICKET_OLD: { status: 409, message: "The ticket is old." },
});

const tickets: Capability = {
  name: "tickets",
  install(host) {
    host.extend("server", "sellTickets", function sellTickets(count: number) {
      throw optionError("count", count, "more tickets");
    });
    host.extend("route", "sellTicket", () => {
      throw ticketError("PKT_TICKET_LOST");
    });
  },
};

describe("the stack of a misuse begins at the line of the program, with", () => {
  test.each<[what: string, mistake: (server: Packetron) => unknown]>([
    ["a wrong option of the constructor", () => new Packetron({ port: -1 })],
    ["an unknown option of the constructor", () => new Packetron({ maxThreads: 1, ...{ prot: 1 } })],
    ["an unknown flag of the server", () => new Packetron({ maxThreads: 1, flags: 1 << 19 })],
    ["handle()", (server) => call(server, "handle", { routePath: "a" })],
    ["onError()", (server) => call(server, "onError")],
    ["onNotFound()", (server) => call(server, "onNotFound")],
    ["onLeader()", (server) => call(server, "onLeader")],
    ["onReady()", (server) => call(server, "onReady")],
    ["onStop()", (server) => call(server, "onStop")],
    ["broadcast()", (server) => server.broadcast("topic", () => undefined)],
    ["a method that a capability adds to the server", (server) => call(server, "sellTickets", 0)],
    [
      "a method that a capability adds to routes",
      (server) => call(server.handle({ routePath: "a", handler: () => 0 }), "sellTicket"),
    ],
    [
      "a method that the program has wrapped",
      (server) => {
        const { handle } = server;
        server.handle = (options) => handle.call(server, options);
        return call(server, "handle", { routePath: "a" });
      },
    ],
    [
      "an error of defineErrors()",
      () => {
        throw ticketError("PKT_TICKET_LOST");
      },
    ],
  ])("%s", (_what, mistake) => {
    const { server } = makeServer({ capabilities: [tickets] });
    expect(firstFrame(() => mistake(server))).toContain("misuse.test.ts");
  });

  test("a subclass of Packetron", () => {
    class Shop extends Packetron {}
    function openShop(): Packetron {
      return new Shop({ port: -1 });
    }
    expect(firstFrame(openShop)).toContain("openShop");
  });

  test("a mistake in install() of a capability, at its line there", () => {
    const broken: Capability = {
      name: "broken",
      install: ({ server }) => void call(server, "handle", { routePath: "a" }),
    };
    expect(firstFrame(() => new Packetron({ maxThreads: 1, capabilities: [broken] }))).toContain("call");
  });
});

describe("fromCaller", () => {
  function sell(work: () => unknown): unknown {
    return fromCaller(sell, work);
  }
  function lose(): never {
    throw ticketError("PKT_TICKET_LOST");
  }
  function expire(): never {
    throw ticketError("PKT_TICKET_OLD");
  }
  function fail(): never {
    throw new TypeError("a bug");
  }

  test("returns what the work returns", () => {
    expect(sell(() => 7)).toBe(7);
  });

  test("keeps code, message and cause of the error", () => {
    expect(() => sell(lose)).toThrow(
      expect.objectContaining({ code: "PKT_TICKET_LOST", message: "The ticket is lost." }),
    );
  });

  test("begins the stack at the caller, and not where the error was made", () => {
    expect(firstFrame(() => sell(lose))).toContain("misuse.test.ts");
    expect(firstFrame(() => sell(lose))).not.toMatch(/ (?:lose|sell|fromCaller) /);
  });

  test("keeps the stack of an error that a request causes, and of any other error", () => {
    expect(firstFrame(() => sell(expire))).toMatch(/createError|expire/);
    expect(firstFrame(() => sell(fail))).toMatch(/fail/);
  });

  test("keeps the stack when the function is not running", () => {
    expect(firstFrame(() => fromCaller(fail, lose))).toContain("lose");
  });
});
