/**
 * Checks the public types. `tsc` is the test: a wrong type is an error, and so is a `@ts-expect-error` without an error
 * below it. This file never runs.
 */
import { Packetron } from "@packetron/core";
import { type SecurityHeadersOptions, securityHeaders } from "../src/index.ts";

export function options(): void {
  const capabilities = [securityHeaders()];
  const shared: SecurityHeadersOptions = { contentSecurityPolicy: { directives: { scriptSrc: ["'self'"] } } };
  const server = new Packetron({ capabilities, securityHeaders: shared });
  new Packetron({ capabilities, securityHeaders: true });
  server.handle({ routePath: "/", securityHeaders: false, handler: () => {} });
  server.handle({
    routePath: "/",
    securityHeaders: { xFrameOptions: { action: "deny" } },
    handler: () => {},
  });
  // @ts-expect-error: securityHeaders is not a text
  new Packetron({ securityHeaders: "strict" });
  // @ts-expect-error: a misspelt option of helmet
  new Packetron({ securityHeaders: { contentSecurityPolicie: false } });
  // @ts-expect-error: securityHeaders() has no parameters
  securityHeaders({});
}
