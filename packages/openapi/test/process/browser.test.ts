/** The page in Chromium: it lists the routes, and sends a request that the user tries. */
import { PacketronRequestMethod } from "@packetron/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { describeInBrowser } from "../../../../scripts/test/_browser.ts";
import { info, makeServer } from "../_server.ts";

describeInBrowser("the page of swagger-ui", (openPage) => {
  test("lists the routes, sends a request, and breaks no rule of its policy", {
    timeout: 60_000,
  }, async () => {
    const server = makeServer({ info, page: { path: "docs", ui: "swagger-ui" } });
    server.handle({
      method: PacketronRequestMethod.POST,
      routePath: "shops/:shop/orders",
      schema: { params: z.object({ shop: z.coerce.number() }), body: z.object({ name: z.string() }) },
      docs: { summary: "Orders tea" },
      handler: ({ valid }, response) =>
        response.sendJson({ shop: valid.params.shop, got: valid.body.name }, 201),
    });
    await server.start();
    const page = await openPage(`http://127.0.0.1:${server.port}/docs`);
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    const hosts = new Set<string>();
    page.on("request", (sent) => hosts.add(new URL(sent.url()).host || "data:"));
    await page.reload();
    await page.getByText("Orders tea").click();
    await page.getByRole("button", { name: "Try it out" }).click();
    await page.getByPlaceholder("shop").fill("7");
    await page.locator("textarea").first().fill('{"name":"tea"}');
    await page.getByRole("button", { name: "Execute" }).click();
    await page.locator(".live-responses-table").getByText('"got"').waitFor();
    expect(await page.locator(".live-responses-table").textContent()).toContain("201");
    const screenshot = process.env["OPENAPI_SCREENSHOT"];
    if (screenshot !== undefined) await page.screenshot({ path: screenshot, fullPage: true });
    expect([...hosts].filter((host) => host !== "data:")).toEqual([`127.0.0.1:${server.port}`]);
    expect(complaints).toEqual([]);
  });
});
