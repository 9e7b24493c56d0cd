import { describe, expect, test } from "vitest";
import { readEventOptions, readStreamOptions } from "../src/options.ts";

describe("the options of sendStream()", () => {
  test("are optional", () => {
    expect(readStreamOptions(undefined)).toEqual({});
    expect(readStreamOptions({ type: "text/csv", length: 0, status: 201 })).toEqual({
      type: "text/csv",
      length: 0,
      status: 201,
    });
  });

  test.each<[options: unknown, code: string, name: string]>([
    [7, "PKT_OPTION_INVALID", "sendStream()"],
    ["text/csv", "PKT_OPTION_INVALID", "sendStream()"],
    [{ type: 7 }, "PKT_OPTION_INVALID", "sendStream().type"],
    [{ type: "" }, "PKT_OPTION_INVALID", "sendStream().type"],
    [{ length: -1 }, "PKT_OPTION_INVALID", "sendStream().length"],
    [{ length: 1.5 }, "PKT_OPTION_INVALID", "sendStream().length"],
    [{ length: "7" }, "PKT_OPTION_INVALID", "sendStream().length"],
    [{ status: 199 }, "PKT_OPTION_INVALID", "sendStream().status"],
    [{ status: 1_000 }, "PKT_OPTION_INVALID", "sendStream().status"],
    [{ statusCode: 200 }, "PKT_OPTION_UNKNOWN", "sendStream().statusCode"],
  ])("%j throws %s for %s", (options, code, name) => {
    expect(() => readStreamOptions(options)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(name) }),
    );
  });
});

describe("the options of sendEvents()", () => {
  test("have defaults", () => {
    expect(readEventOptions(undefined)).toEqual({ heartbeat: 15_000, retry: null });
    expect(readEventOptions({ retry: 0 })).toEqual({ heartbeat: 15_000, retry: 0 });
    expect(readEventOptions({ heartbeat: 0, retry: undefined })).toEqual({ heartbeat: 0, retry: null });
  });

  test.each<[options: unknown, code: string, name: string]>([
    [[], "PKT_OPTION_INVALID", "sendEvents()"],
    [{ heartbeat: false }, "PKT_OPTION_INVALID", "sendEvents().heartbeat"],
    [{ heartbeat: -1 }, "PKT_OPTION_INVALID", "sendEvents().heartbeat"],
    [{ heartbeat: 2 ** 31 }, "PKT_OPTION_INVALID", "sendEvents().heartbeat"],
    [{ retry: "2s" }, "PKT_OPTION_INVALID", "sendEvents().retry"],
    [{ retry: null }, "PKT_OPTION_INVALID", "sendEvents().retry"],
    [{ heartBeat: 1 }, "PKT_OPTION_UNKNOWN", "sendEvents().heartBeat"],
  ])("%j throws %s for %s", (options, code, name) => {
    expect(() => readEventOptions(options)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(name) }),
    );
  });
});
