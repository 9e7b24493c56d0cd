/** The page of the shop in Chromium. */
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeInBrowser } from "../../../scripts/test/_browser.ts";
import { startExample } from "../../../scripts/test/_example.ts";

describeInBrowser("the page of the shop", (openPage) => {
  test("adds a product, uploads its photo with a progress bar, and shows a delivery at once", async () => {
    const data = mkdtempSync(join(tmpdir(), "packetron-shop-"));
    onTestFinished(() => rmSync(data, { recursive: true }));
    const { origin } = await startExample("service", { DATA: data });
    const page = await openPage(origin);
    await page.fill("[name=name]", "Tea");
    await page.click("#add button");
    await page.waitForSelector("text=Tea: 0");

    // A picture of one pixel, so that the browser can show it.
    const pixel = Buffer.from("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=", "base64");
    await page.setInputFiles("[name=photo]", { name: "tea.jpg", mimeType: "image/jpeg", buffer: pixel });
    await page.click("#upload button");
    await page.waitForSelector("text=uploaded");
    expect(await page.locator("progress").evaluate((bar) => Reflect.get(bar, "value"))).toBe(1);
    await page.waitForFunction('document.querySelector("img")?.naturalWidth === 1');

    const body = "<delivery><product>1</product><amount>5</amount></delivery>";
    const signature = createHmac("sha256", "secret").update(body).digest("hex");
    await fetch(`${origin}/deliveries`, { method: "POST", body, headers: { "X-Signature": signature } });
    await page.waitForSelector("text=Tea: 5");
  });
});
