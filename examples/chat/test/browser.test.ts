/** The chat in Chromium: two pages on different workers, and a reload of the program. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { describeInBrowser } from "../../../scripts/test/_browser.ts";

async function start(): Promise<{ readonly child: ChildProcess; readonly origin: string }> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "server.ts"], {
    cwd: join(import.meta.dirname, ".."),
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "ignore"],
    detached: true, // without a terminal SIGHUP reloads
  });
  onTestFinished(() => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  });
  const [line] = await once(child.stdout ?? child, "data");
  return { child, origin: /http:\/\/127\.0\.0\.1:\d+/.exec(String(line))?.[0] ?? "" };
}

const workerOf = async (page: Page): Promise<string | undefined> => {
  await page.waitForFunction('/worker [12]/.test(document.querySelector("#state").textContent)');
  return /worker [12]/.exec((await page.textContent("#state")) ?? "")?.[0];
};

const linesOf = (page: Page): Promise<string[]> => page.locator("#lines li").allTextContents();

async function say(page: Page, text: string): Promise<void> {
  await page.fill("input", text);
  await page.click("button");
}

describeInBrowser("the chat", (openPage) => {
  test("shows the lines of pages on other workers, and loses none while the program reloads", {
    timeout: 60_000,
  }, async () => {
    const { child, origin } = await start();
    const first = await openPage(origin);
    const worker = await workerOf(first);
    let second = await openPage(origin);
    const pages = [first, second];
    while ((await workerOf(second)) === worker) {
      await fetch(origin); // keeps a connection, since each page has two and would always find the same worker
      second = await openPage(origin);
      pages.push(second);
    }
    const expected: string[] = [];
    let isOver = false;
    const sending = (async () => {
      for (let count = 1; !isOver; count++) {
        const text = `line ${count}`;
        expected.push(text);
        await say(count % 2 === 0 ? first : second, text);
        await first.waitForTimeout(20);
      }
    })();
    await first.waitForFunction('document.querySelectorAll("#lines li").length > 5');
    child.kill("SIGHUP");
    await first.waitForFunction('document.querySelector("#state").textContent === "connecting"');
    await workerOf(first);
    await workerOf(second);
    isOver = true;
    await sending;
    for (const page of pages) {
      await page.waitForFunction(`document.querySelectorAll("#lines li").length === ${expected.length}`);
      expect((await linesOf(page)).toSorted()).toEqual(expected.toSorted());
    }
    const shot = process.env["PACKETRON_SCREENSHOT"];
    if (shot !== undefined) await first.screenshot({ path: shot, fullPage: true });
  });
});
