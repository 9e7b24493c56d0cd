import { isPacketronError } from "@packetron/core";
import { describe, expect, test } from "vitest";
import { learnHeaders } from "../src/learn-headers.ts";
import { readOptions } from "../src/options.ts";

/** Reads an option as the server does. */
const learn = (value: unknown) => learnHeaders(readOptions(value));

describe("the option securityHeaders", () => {
  test("true is the same as {}", () => {
    expect(learn(true)).toEqual(learn({}));
    expect(learn(true).removesPoweredBy).toBe(true);
    expect(learn({ xPoweredBy: false }).removesPoweredBy).toBe(false);
  });

  test.each([
    ["a text", "strict", "true, false, or the options of helmet"],
    ["an unknown name", { contentSecurityPolicie: false }, 'Did you mean "contentSecurityPolicy"?'],
    ["a function", policy(() => "'nonce-abc'"), "response.setHeader"],
    ["a function in a list", policy(["'self'", () => "'nonce-abc'"]), "response.setHeader"],
    ["a function in a set", policy(new Set(["'self'", () => "'nonce-abc'"])), "directives.scriptSrc"],
    ["a source without quotes", policy(["self"]), '"self" should be quoted'],
    ["a policy that is not one", { xFrameOptions: { action: "never" } }, 'invalid action "never"'],
    ["two names for one header", { hsts: true, strictTransportSecurity: true }, "specified twice"],
  ])("%s is refused with what to write", (_title, value, message) => {
    expect(() => learn(value)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^PKT_OPTION_(?:INVALID|UNKNOWN)$/),
        message: expect.stringContaining(message),
      }),
    );
  });

  test("what helmet refuses has the error of helmet as its cause", () => {
    try {
      learn({ referrerPolicy: { policy: [] } });
      expect.unreachable();
    } catch (error) {
      expect(isPacketronError(error, "PKT_OPTION_INVALID")).toBe(true);
      expect(error).toHaveProperty("cause.message", "Referrer-Policy received no policy tokens");
    }
  });
});

function policy(scriptSrc: unknown): object {
  return { contentSecurityPolicy: { directives: { scriptSrc } } };
}
