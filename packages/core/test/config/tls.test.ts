import { generateKeyPairSync } from "node:crypto";
import type { TlsOptions } from "node:tls";
import { describe, expect, test } from "vitest";
import { assertTls, assertTlsTexts } from "../../src/config/tls.ts";
import { Packetron } from "../../src/index.ts";
import { createCertificate } from "../_certificate.ts";

const { key, cert } = createCertificate();
const other = createCertificate();
const encrypted = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "right" },
  publicKeyEncoding: { type: "spki", format: "pem" },
}).privateKey;

function messageOf(tls: TlsOptions): string {
  try {
    assertTlsTexts(tls);
    assertTls(tls);
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  return "";
}

describe("assertTls() accepts", () => {
  test.each<[what: string, tls: TlsOptions]>([
    ["a key and a certificate", { key, cert }],
    ["buffers", { key: Buffer.from(key), cert: Buffer.from(cert) }],
    ["lists", { key: [key], cert: [cert], ca: [cert, other.cert] }],
    ["a callback that chooses the certificate", { SNICallback: () => undefined }],
    ["other options", { key, cert, minVersion: "TLSv1.3", ciphers: "HIGH", requestCert: true }],
  ])("%s", (_what, tls) => expect(messageOf(tls)).toBe(""));
});

describe("assertTls() names the part that is wrong:", () => {
  test.each<[what: string, tls: TlsOptions, message: RegExp]>([
    ["no certificate", {}, /^Option "tls": got an object without a certificate, expected \{ key, cert \}/],
    ["a key alone", { key }, /^Option "tls": got an object without a certificate/],
    [
      "a certificate alone",
      { cert },
      /^Option "tls\.key": got undefined, expected the private key of tls\.cert\.$/,
    ],
    [
      "the path of a key",
      { key: "./key.pem", cert },
      /^Option "tls\.key": got the path "\.\/key\.pem", expected a private key in PEM: the content of the file, such as readFileSync\(path\)\.$/,
    ],
    ["the path of a certificate", { key, cert: "cert.pem" }, /^Option "tls\.cert": got the path "cert\.pem"/],
    ["a text", { key, cert: "secret" }, /^Option "tls\.cert": got a text that is not PEM, expected/],
    ["bytes", { key: Buffer.from("secret"), cert }, /^Option "tls\.key": got 6 bytes, expected/],
    [
      "a wrong authority",
      { key, cert, ca: "x" },
      /^Option "tls\.ca": got a text that is not PEM, expected certificates/,
    ],
    [
      "the key of another certificate",
      { key: other.key, cert },
      /^Option "tls\.key": got the key of another certificate/,
    ],
    [
      "no passphrase",
      { key: encrypted, cert },
      /^Option "tls\.passphrase": got undefined, expected the passphrase of tls\.key\.$/,
    ],
    [
      "a wrong passphrase",
      { key: encrypted, cert, passphrase: "secret" },
      /^Option "tls\.passphrase": got a wrong passphrase, expected the passphrase of tls\.key\.$/,
    ],
    ["a wrong PKCS #12 file", { pfx: "secret" }, /^Option "tls\.pfx": got a text that is not PEM, expected/],
    [
      "unknown ciphers",
      { key, cert, ciphers: "secret" },
      /^Option "tls\.ciphers": got .*, expected a list of OpenSSL/,
    ],
    ["an unknown curve", { key, cert, ecdhCurve: "secret" }, /^Option "tls\.ecdhCurve"/],
    [
      "a wrong version",
      { key, cert, ...Object({ minVersion: "1.2" }) },
      /^Option "tls\.minVersion": got .*, expected "TLSv1\.2" or "TLSv1\.3"\. Node says: /,
    ],
  ])("%s", (_what, tls, message) => {
    const text = messageOf(tls);
    expect(text).toMatch(message);
    expect(text).not.toContain("secret");
  });
});

test("the constructor of the server throws it, before anything listens", () => {
  expect(() => new Packetron({ maxThreads: 1, tls: { key: "./key.pem", cert } })).toThrow(
    expect.objectContaining({ code: "PKT_OPTION_INVALID", message: expect.stringContaining("tls.key") }),
  );
});
