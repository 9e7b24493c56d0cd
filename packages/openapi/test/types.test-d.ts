/**
 * Checks the public types. `tsc` is the test: a wrong type is an error, and so is a `@ts-expect-error` without an error
 * below it. This file never runs.
 */
import { Packetron } from "@packetron/core";
import { type OpenapiDocument, type OpenapiOptions, openapi } from "../src/index.ts";

export function options(): void {
  const info = { title: "Orders", version: "1.0.0", contact: { email: "ada@example.com" } };
  const shared: OpenapiOptions = { info, page: { path: "docs", ui: "scalar" } };
  const server = new Packetron({ capabilities: [openapi()], openapi: shared });
  const document: OpenapiDocument = server.openapi();
  const version: "3.1.1" = document.openapi;
  const docs = { summary: version, tags: ["a"], responses: { 404: { description: "none" } } };
  server.handle({ routePath: "a", docs, handler: () => {} });
  server.handle({ routePath: "a", docs: false, handler: () => {} });
  server.group({ docs: { tags: ["a"] } }).handle({ routePath: "a", docs: null, handler: () => {} });
  // @ts-expect-error: a title and a version are required
  new Packetron({ openapi: { info: { title: "Orders" } } });
  // @ts-expect-error: another page
  new Packetron({ openapi: { info, page: { path: "docs", ui: "rapidoc" } } });
  // @ts-expect-error: a misspelt part
  server.handle({ routePath: "a", docs: { sumary: "a" }, handler: () => {} });
  // @ts-expect-error: openapi() has no parameters
  openapi({ info });
}
