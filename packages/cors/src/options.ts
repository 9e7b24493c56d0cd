/** The option `cors`: its parts, their defaults and checks. */
import type { PacketronRequest } from "@packetron/core";
import { assertOptions, methodNames, optionError } from "@packetron/core/capability";
import { type OriginRule, readOrigin } from "./origin.ts";

/**
 * Decides whether pages of an origin may read an answer. Called once for each request with an `Origin`, but for the
 * origin `null`. A throw or a rejection becomes a 500.
 */
export type OriginFunction = (origin: string, request: PacketronRequest) => boolean | Promise<boolean>;

/** The value of `cors` in an object; `{}` and `true` let pages of every origin read, without credentials. */
export interface CorsOptions {
  /**
   * The origins whose pages may read the answers: `"*"` for all, a text such as `"https://app.example"`, a RegExp, a
   * list of both, or a function. The origin `null`, of sandboxed frames and local files, is matched by the text
   * `"null"` only.
   * @default "*"
   */
  origin?: "*" | (string & {}) | RegExp | readonly (string | RegExp)[] | OriginFunction;
  /**
   * The methods that a preflight allows, as a list or a text such as `"GET,PUT"`; of these only the ones that the path
   * has.
   * @default the methods that the path has
   */
  methods?: string | readonly string[];
  /**
   * The request headers that a preflight allows, as a list or a text such as `"Content-Type,Authorization"`.
   * @default those that the preflight asks for
   */
  allowedHeaders?: string | readonly string[];
  /**
   * The answer's headers that scripts may read, as a list or a text, besides those that the fetch standard lists, such
   * as `Content-Type`.
   * @default []
   */
  exposedHeaders?: string | readonly string[];
  /**
   * Whether pages may send cookies and other credentials, and read the answers to such requests. Needs an `origin`
   * other than `"*"`.
   * @default false
   */
  credentials?: boolean;
  /**
   * How long a browser may keep the result of a preflight, in seconds.
   * @default the browser's own time, 5 seconds
   */
  maxAge?: number;
  /**
   * Whether pages of public sites may reach this server in a private network (Private Network Access).
   * @default false
   */
  privateNetwork?: boolean;
}

/** An option `cors` that has been checked. Lists are texts, as headers have them. */
export interface CorsSettings {
  readonly origin: OriginRule;
  /** `null` for all methods that the path has. */
  readonly methods: readonly string[] | null;
  /** `null` for the headers that a preflight asks for. */
  readonly allowedHeaders: string | null;
  /** `null` for none. */
  readonly exposedHeaders: string | null;
  readonly credentials: boolean;
  /** `null` for none. */
  readonly maxAge: string | null;
  readonly privateNetwork: boolean;
}

const KNOWN: readonly string[] = [
  "origin",
  "methods",
  "allowedHeaders",
  "exposedHeaders",
  "credentials",
  "maxAge",
  "privateNetwork",
];

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * Checks the value of an option `cors` and fills in the defaults.
 *
 * @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN
 */
export function resolveSettings(value: unknown): CorsSettings {
  const options = value === true ? {} : value;
  assertOptions(
    "cors",
    options,
    KNOWN,
    'true, false, or an object such as { origin: "https://app.example" }',
  );
  const credentials = readBoolean("credentials", options["credentials"]);
  const origin = readOrigin(options["origin"]);
  if (credentials && origin === "*")
    throw optionError(
      "cors.credentials",
      true,
      'false with the origin "*": browsers refuse credentials for all origins. Name the origins, such as { origin: ["https://app.example"], credentials: true }',
    );
  return {
    origin,
    methods: readMethods(options["methods"]),
    allowedHeaders: readHeaderNames("allowedHeaders", options["allowedHeaders"], credentials),
    exposedHeaders: readHeaderNames("exposedHeaders", options["exposedHeaders"], credentials) || null,
    credentials,
    maxAge: readMaxAge(options["maxAge"]),
    privateNetwork: readBoolean("privateNetwork", options["privateNetwork"]),
  };
}

function readMethods(value: unknown): readonly string[] | null {
  const list = readList("methods", value);
  const wrong = list?.find((name) => !methodNames.includes(name));
  if (wrong !== undefined)
    throw optionError("cors.methods", wrong, `methods in capital letters: ${methodNames.join(", ")}`);
  return list;
}

function readHeaderNames(
  part: "allowedHeaders" | "exposedHeaders",
  value: unknown,
  credentials: boolean,
): string | null {
  const list = readList(part, value);
  const wrong = list?.find((name) => !TOKEN.test(name));
  if (wrong !== undefined) throw optionError(`cors.${part}`, wrong, "names of headers");
  if (credentials && list?.includes("*") === true)
    throw optionError(
      `cors.${part}`,
      "*",
      'names of headers: with credentials, browsers read "*" as the name of a header',
    );
  return list?.join(", ") ?? null;
}

/** Reads a list, or a text with commas, as npm `cors` takes both. */
function readList(part: string, value: unknown): readonly string[] | null {
  if (value === undefined || value === null) return null;
  const list: unknown = typeof value === "string" ? value.split(",") : value;
  if (!Array.isArray(list) || !list.every((entry) => typeof entry === "string"))
    throw optionError(`cors.${part}`, value, "a list of texts, or a text with commas");
  return list.map((entry) => entry.trim()).filter((entry) => entry !== "");
}

function readMaxAge(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (!Number.isSafeInteger(value) || Number(value) < 0)
    throw optionError("cors.maxAge", value, "an integer number of seconds, 0 or more");
  return String(value);
}

function readBoolean(part: string, value: unknown = false): boolean {
  if (typeof value !== "boolean") throw optionError(`cors.${part}`, value, "true or false");
  return value;
}
