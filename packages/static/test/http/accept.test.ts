import { describe, expect, test } from "vitest";
import { wantsPage } from "../../src/http/accept.ts";

const CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

describe("wantsPage()", () => {
  test.each<readonly [accept: string | undefined, forPage: boolean, forScript: boolean]>([
    [CHROME, true, true],
    ["text/html", true, true],
    ["TEXT/HTML", true, true],
    ["text/html;level=1;q=0.5", true, true],
    ["text/*", true, true],
    ["*/*", true, false],
    [undefined, true, false],
    ["image/avif,image/webp,*/*;q=0.8", true, false],
    ["text/css,*/*;q=0.1", true, false],
    ["", false, false],
    ["application/json", false, false],
    ["application/json, text/plain", false, false],
    ["text/html;q=0", false, false],
    ["text/html;q=0, */*", false, false],
    ["*/*;q=0", false, false],
    ["text/html;q=nonsense", false, false],
    ["text/htmlx", false, false],
    ["image/*", false, false],
  ])(
    "of %s: %s for a path without an extension, %s for one with an extension",
    (accept, forPage, forScript) => {
      expect(wantsPage("GET", "/users/7", accept)).toBe(forPage);
      expect(wantsPage("HEAD", "/v1.2/users", accept)).toBe(forPage);
      expect(wantsPage("GET", "/assets/app.js", accept)).toBe(forScript);
    },
  );

  test.each(["POST", "PUT", "DELETE", "OPTIONS", undefined])("is false for %s", (method) => {
    expect(wantsPage(method, "/users/7", CHROME)).toBe(false);
  });
});
