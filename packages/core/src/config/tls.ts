/** Checks the option `tls` before the server listens, and names the part of it that Node refuses. */
import type { SecureContextOptions, TlsOptions } from "node:tls";
import { coreError } from "../errors/errors.ts";
import { errorReason } from "../errors/narrow.ts";
import { loadTls } from "../node/http.ts";

/** Options that can be checked alone, in the order of the checks, with what each expects. */
const parts: readonly (readonly [option: keyof SecureContextOptions, expected: string])[] = [
  ["ca", "certificates in PEM: the content of the file, such as readFileSync(path)"],
  ["cert", "a certificate in PEM: the content of the file, such as readFileSync(path)"],
  ["key", "a private key in PEM: the content of the file, such as readFileSync(path)"],
  ["pfx", "the content of a PKCS #12 file, such as readFileSync(path)"],
  ["crl", "revocation lists in PEM: the content of the file, such as readFileSync(path)"],
  ["dhparam", '"auto", or Diffie-Hellman parameters in PEM'],
  ["ciphers", "a list of OpenSSL's names of ciphers"],
  ["ecdhCurve", '"auto", or names of curves such as "X25519:P-256"'],
  ["sigalgs", "a list of OpenSSL's names of signature algorithms"],
  ["minVersion", '"TLSv1.2" or "TLSv1.3"'],
  ["maxVersion", '"TLSv1.2" or "TLSv1.3"'],
  ["secureProtocol", "a method of OpenSSL; minVersion and maxVersion are safer"],
  ["ticketKeys", "48 bytes"],
];

/** Options that give the server a certificate, or make one unnecessary. */
const SOURCES = ["cert", "pfx", "SNICallback", "pskCallback", "secureContext"];

/**
 * Checks what the option `tls` has, without Node's TLS module. A primary that only supervises workers does not load it.
 *
 * @throws PKT_OPTION_INVALID when the certificate or its key is missing, or a text is not PEM, such as a path.
 */
export function assertTlsTexts(tls: TlsOptions): void {
  if (!SOURCES.some((name) => name in tls && Reflect.get(tls, name) !== undefined)) {
    throw invalid(
      "tls",
      "an object without a certificate",
      "{ key, cert }: without them no client can connect",
    );
  }
  if (tls.cert !== undefined && tls.key === undefined && tls.pfx === undefined)
    throw invalid("tls.key", "undefined", "the private key of tls.cert");
  for (const option of ["ca", "cert", "key"] as const) {
    const entries: readonly unknown[] = [tls[option] ?? []].flat();
    // Node ignores a `ca` that is not PEM, and then trusts no client.
    const wrong = entries.find((entry) => typeof entry === "string" && !entry.includes("-----BEGIN"));
    if (wrong !== undefined) throw invalid(`tls.${option}`, describe(wrong), expectedOf(option));
  }
}

/**
 * Checks that Node can use the option `tls`.
 *
 * @throws PKT_OPTION_INVALID with the name of the wrong part, such as `tls.key`; `cause` is Node's error.
 */
export function assertTls(tls: TlsOptions): void {
  const failure = failureOf(tls);
  if (failure !== undefined) throw explain(tls, failure);
}

function expectedOf(option: keyof SecureContextOptions): string {
  return parts.find(([name]) => name === option)?.[1] ?? "";
}

function explain(tls: TlsOptions, failure: unknown): Error {
  for (const [option, expected] of parts) {
    const value: unknown = tls[option];
    if (value === undefined) continue;
    const { passphrase } = tls;
    const alone = failureOf({ [option]: value, ...(passphrase === undefined ? {} : { passphrase }) });
    if (alone === undefined) continue;
    if (isAboutPassphrase(alone)) {
      const received = passphrase === undefined ? "undefined" : "a wrong passphrase";
      return invalid("tls.passphrase", received, `the passphrase of tls.${option}`, alone);
    }
    return invalid(`tls.${option}`, describe(value), `${expected}. Node says: ${errorReason(alone)}`, alone);
  }
  const reason = errorReason(failure);
  if (/key values mismatch/i.test(reason))
    return invalid("tls.key", "the key of another certificate", "the private key of tls.cert", failure);
  return invalid("tls", "an object", `options of tls.createServer(). Node says: ${reason}`, failure);
}

function failureOf(options: SecureContextOptions): unknown {
  try {
    loadTls().createSecureContext(options);
    return undefined;
  } catch (error) {
    return error;
  }
}

function isAboutPassphrase(failure: unknown): boolean {
  return /bad decrypt|mac verify failure|passphrase|password|interrupted or cancelled/i.test(
    errorReason(failure),
  );
}

/** Describes a value without its content, which can be a private key. */
function describe(value: unknown): string {
  if (typeof value !== "string")
    return value instanceof Uint8Array ? `${value.byteLength} bytes` : typeof value;
  if (/^[^\n]{1,200}\.(?:pem|key|crt|cer|cert|p12|pfx)$/i.test(value))
    return `the path ${JSON.stringify(value)}`;
  return value.includes("-----BEGIN") ? "a text in PEM" : "a text that is not PEM";
}

function invalid(option: string, received: string, expected: string, cause?: unknown): Error {
  return coreError("PKT_OPTION_INVALID", { option, received, expected }, cause);
}
