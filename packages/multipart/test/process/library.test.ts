import { describe, expect, test } from "vitest";
import { runAlone } from "../../../core/test/process/_alone.ts";

describe("without busboy, a server", () => {
  test("with a route for forms does not start, and the error names the library", async () => {
    const { code, out, errors } = await runAlone("multipart", "multipart", "MULTIPART_FORM_DATA");
    expect([code, out]).toEqual([1, ""]);
    expect(errors).toContain("Cannot find module 'busboy'");
  });

  test("without such a route starts and stops", async () => {
    expect(await runAlone("multipart", "multipart", "RAW_BODY")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^started$/m),
    });
  });
});
