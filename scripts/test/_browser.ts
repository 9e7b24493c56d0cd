/** Tests in a real browser: Chromium of this machine without a window, driven by playwright-core. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";

/** Opens a page at a URL, in a profile of its own. The helper closes it when the test ends. */
export type OpenPage = (url: string) => Promise<Page>;

/**
 * Groups tests that need a browser. They share one Chromium, which starts before the first of them. Without a Chromium
 * the tests are skipped with one line; with `PACKETRON_TEST_BROWSER=required`, which `.ci/run` sets, the file fails.
 *
 * @example
 * describeInBrowser("events", (openPage) => {
 *   test("EventSource gets the events of a stream", async () => {
 *     const page = await openPage(`http://localhost:${server.port}/`);
 *     expect(await page.evaluate(() => fetch("events").then((answer) => answer.status))).toBe(200);
 *   });
 * });
 */
export function describeInBrowser(title: string, tests: (openPage: OpenPage) => void): void {
  const executablePath = findChromium() ?? reportMissing(title);
  describe.skipIf(executablePath === "")(title, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath });
    });
    afterAll(() => browser?.close());

    tests(async (url) => {
      if (browser === undefined) throw new Error("Chromium has not started: open pages inside a test.");
      const context = await browser.newContext();
      onTestFinished(() => context.close());
      const page = await context.newPage();
      await page.goto(url);
      return page;
    });
  });
}

/** Returns `""`, because a run without a browser goes on without these tests. */
function reportMissing(title: string): "" {
  const missing = `There is no Chromium on the PATH for "${title}". On Debian: apt-get install chromium.`;
  if (process.env.PACKETRON_TEST_BROWSER === "required") throw new Error(missing);
  console.warn(`${missing} These tests are skipped.`);
  return "";
}

/** The first Chromium on the PATH, under the names that Debian, other distributions and Google give it. */
function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const names = ["chromium", "chromium-browser", "google-chrome"];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
