/** The option `securityHeaders`: checks what helmet does not check. */
import { assertOptions, optionError } from "@packetron/core/capability";
import type { HelmetOptions } from "helmet";

/**
 * The value of `securityHeaders` in an object: the options of helmet 8. A directive of `contentSecurityPolicy` that is a
 * function is refused.
 */
export type SecurityHeadersOptions = Readonly<HelmetOptions>;

const KNOWN: readonly string[] = [
  "contentSecurityPolicy",
  "crossOriginEmbedderPolicy",
  "crossOriginOpenerPolicy",
  "crossOriginResourcePolicy",
  "originAgentCluster",
  "referrerPolicy",
  "strictTransportSecurity",
  "xContentTypeOptions",
  "xDnsPrefetchControl",
  "xDownloadOptions",
  "xFrameOptions",
  "xPermittedCrossDomainPolicies",
  "xPoweredBy",
  "xXssProtection",
  // The names of earlier versions of helmet, which helmet 8 still reads
  "dnsPrefetchControl",
  "frameguard",
  "hidePoweredBy",
  "hsts",
  "ieNoOpen",
  "noSniff",
  "permittedCrossDomainPolicies",
  "xssFilter",
];

/**
 * Checks the names of the options, and that no directive is a function. helmet checks the values.
 *
 * @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN: helmet ignores unknown names.
 */
export function readOptions(value: unknown): SecurityHeadersOptions {
  if (value === true) return {};
  assertOptions("securityHeaders", value, KNOWN, "true, false, or the options of helmet");
  const policy = value["contentSecurityPolicy"];
  const directives: unknown =
    typeof policy === "object" && policy !== null ? Reflect.get(policy, "directives") : undefined;
  for (const [name, sources] of Object.entries(directives ?? {})) {
    const list: readonly unknown[] =
      Array.isArray(sources) || sources instanceof Set ? [...sources] : [sources];
    const asked = list.find((source) => typeof source === "function");
    if (asked === undefined) continue;
    throw optionError(
      `securityHeaders.contentSecurityPolicy.directives.${name}`,
      asked,
      'texts: headers are made once, at the start. For a nonce, the handler calls response.setHeader("Content-Security-Policy", …), which wins',
    );
  }
  return value;
}
