/** Makes a self-signed certificate for TLS tests. The repository holds no key, and the machine needs no openssl. */
import { generateKeyPairSync, sign } from "node:crypto";

/** A key and a certificate in PEM, as `tls.createServer()` takes them. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2, as an AlgorithmIdentifier. */
const ECDSA_SHA256 = Buffer.from("300a06082a8648ce3d040302", "hex");

/** CN=localhost, as a Name: 2.5.4.3 and a UTF8String. */
const LOCALHOST = sequence(
  der(0x31, sequence(Buffer.from("0603550403", "hex"), der(0x0c, Buffer.from("localhost")))),
);

/** Makes a P-256 key and an X.509 v1 certificate (RFC 5280 section 4.1) for it, valid from yesterday to tomorrow. */
export function createCertificate(): KeyAndCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const day = 24 * 60 * 60 * 1000;
  const body = sequence(
    der(0x02, Buffer.from([1])), // serial number
    ECDSA_SHA256,
    LOCALHOST, // issuer
    sequence(utcTime(Date.now() - day), utcTime(Date.now() + day)),
    LOCALHOST, // subject
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", body, privateKey)]));
  const certificate = sequence(body, ECDSA_SHA256, signature).toString("base64");
  const lines = certificate.match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n"),
  };
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function utcTime(time: number): Buffer {
  const text = `${new Date(time).toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`;
  return der(0x17, Buffer.from(text));
}
