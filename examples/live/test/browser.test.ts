/** The poll in Chromium: pages whose events and sockets are on both workers. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describeInBrowser } from "../../../scripts/test/_browser.ts";
import { startExample } from "../../../scripts/test/_example.ts";

/** Resolves with the numbers of the workers that a page is connected to. */
async function workersOf(page: Page): Promise<readonly (string | undefined)[]> {
  await page.waitForSelector("text=events from worker");
  const text = (await page.textContent("#workers")) ?? "";
  return [...text.matchAll(/worker (\d)/g)].map(([, worker]) => worker);
}

describeInBrowser("the poll", (openPage) => {
  test("shows votes and counts on pages of both workers", async () => {
    const { origin } = await startExample("live");
    const pages: Page[] = [];
    const events = new Set<string | undefined>();
    const sockets = new Set<string | undefined>();
    while (pages.length < 2 || events.size < 2 || sockets.size < 2) {
      const page = await openPage(origin);
      pages.push(page);
      const [eventWorker, socketWorker] = await workersOf(page);
      events.add(eventWorker);
      sockets.add(socketWorker);
    }
    await pages[0]?.click("[data-drink=tea]");
    await pages[1]?.click("[data-drink=coffee]");
    await pages[1]?.click("[data-drink=tea]");
    for (const page of pages) {
      await page.waitForFunction('document.querySelectorAll("#votes li").length === 3');
      await page.waitForSelector("text=Tea: 2");
      await page.waitForSelector("text=Coffee: 1");
    }
    const late = await openPage(origin);
    await late.waitForSelector("text=Tea: 2");
    expect(await late.locator("#votes li").count()).toBe(0);
  });
});
