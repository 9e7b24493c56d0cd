import { describe, expect, test } from "vitest";
import { runAlone } from "../../../core/test/process/_alone.ts";

describe("without fast-xml-parser, a server", () => {
  test("with a route for XML does not start, and the error names the library", async () => {
    const { code, out, errors } = await runAlone("body-xml", "bodyXml", "XML_BODY");
    expect([code, out]).toEqual([1, ""]);
    expect(errors).toContain("Cannot find module 'fast-xml-parser'");
  });

  test("without such a route starts and stops", async () => {
    expect(await runAlone("body-xml", "bodyXml", "RAW_BODY")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^started$/m),
    });
  });
});
