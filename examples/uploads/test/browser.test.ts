/** The page in Chromium, over a slow connection. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeInBrowser } from "../../../scripts/test/_browser.ts";
import { startExample } from "../../../scripts/test/_example.ts";

const LIMIT = 1024 ** 2;
const hashOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

describeInBrowser("the page of uploads", (openPage) => {
  test("moves the bar while a file arrives, and says why a file is refused", async () => {
    const folder = mkdtempSync(join(tmpdir(), "packetron-uploads-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { origin } = await startExample("uploads", { FOLDER: folder, MAX_FILE_SIZE: String(LIMIT) });
    const page = await openPage(origin);
    const devTools = await page.context().newCDPSession(page);
    await devTools.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: LIMIT, // bytes a second
    });

    const bytes = Buffer.from(Array.from({ length: LIMIT }, (_, index) => (index * 7) % 251));
    await page.setInputFiles("input", { name: "small.bin", mimeType: "text/plain", buffer: bytes });
    await page.waitForFunction(
      '(bar => bar.value > 0.1 && bar.value < 0.9)(document.querySelector("progress"))',
    );
    await page.waitForSelector(`text=${LIMIT} bytes have arrived`);
    expect(await page.locator("progress").evaluate((bar) => Reflect.get(bar, "value"))).toBe(1);
    const files = readdirSync(folder).map((name) => join(folder, name));
    const stored = files.filter((path) => statSync(path).isFile());
    expect(stored.map((path) => hashOf(readFileSync(path)))).toEqual([hashOf(bytes)]);

    await page.setInputFiles("input", {
      name: "large.bin",
      mimeType: "text/plain",
      buffer: Buffer.alloc(LIMIT + 1),
    });
    await page.waitForSelector(`text=refused: larger than ${LIMIT} bytes`);
  });
});
