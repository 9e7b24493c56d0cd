/** The options `openapi` of the server and `docs` of routes: their parts, defaults and checks. */
import { assertOptions, optionError } from "@packetron/core/capability";

/** A value of JSON that the document takes as it is given. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Turns a schema into JSON Schema, for libraries whose schemas do not have it in `~standard.jsonSchema`. */
export type ToJsonSchema = (schema: unknown, io: "input" | "output") => object;

/** The value of the option `openapi`. */
export interface OpenapiOptions {
  /** What the document says about the API; `title` and `version` are required. */
  info: { readonly title: string; readonly version: string } & JsonObject;
  /**
   * The path at which the document is served; `false` for none.
   * @default "openapi.json"
   */
  path?: string | false;
  /**
   * Where the API is reachable: `[{ url: "https://api.example" }]`.
   * @default none, which means the origin of the document
   */
  servers?: readonly JsonObject[];
  /**
   * The security schemes by name, as in `components.securitySchemes`. Each route needs one of them.
   * @default none
   */
  security?: Readonly<Record<string, JsonObject>>;
  /**
   * A page that shows the document. It is served from the package of the `ui`, which you install.
   * @default none
   */
  page?: {
    /** The path of the page, and the beginning of the paths of its files. */
    readonly path: string;
    /** The package: `@scalar/api-reference`, `swagger-ui-dist` or `redoc`. */
    readonly ui: PageUi;
  };
  /**
   * Makes a JSON Schema of a schema whose library does not have it in the schema. May throw.
   * @default none
   */
  toJsonSchema?: ToJsonSchema;
}

/** A package that shows an OpenAPI document. */
export type PageUi = "scalar" | "swagger-ui" | "redoc";

/** The value of the route option `docs`: what the document says about the route beside its schemas. */
export interface DocsOptions {
  /** One line about the route. */
  summary?: string;
  /** More about it, as Markdown. */
  description?: string;
  /** The groups in which pages show the route. */
  tags?: readonly string[];
  /** The name of the route for generated clients; it must be the only one of this name. */
  operationId?: string;
  /**
   * Whether the route should not be used any more.
   * @default false
   */
  deprecated?: boolean;
  /** Response objects of OpenAPI by status: `{ 404: { description: "There is no such order." } }`. */
  responses?: Readonly<Record<string | number, JsonObject>>;
  /**
   * Leaves the route out of the document.
   * @default false
   */
  hidden?: boolean;
}

/** The checked option. Paths have a leading slash. */
export interface OpenapiSettings {
  readonly info: JsonObject;
  readonly path: string | null;
  readonly servers: readonly JsonObject[] | null;
  readonly security: Readonly<Record<string, JsonObject>> | null;
  readonly page: { readonly path: string; readonly ui: PageUi } | null;
  readonly toJsonSchema: ToJsonSchema | null;
}

const EXAMPLE = 'an object such as { info: { title: "Orders", version: "1.0.0" } }';
const UIS: readonly unknown[] = ["scalar", "swagger-ui", "redoc"];

/** @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN */
export function resolveSettings(option: unknown): OpenapiSettings {
  assertOptions("openapi", option, ["info", "path", "servers", "security", "page", "toJsonSchema"], EXAMPLE);
  const { info, path = "openapi.json", servers = null, security = null, page, toJsonSchema = null } = option;
  if (!isObject(info) || !isText(info["title"]) || !isText(info["version"]))
    throw optionError(
      "openapi.info",
      info,
      'an object with texts such as { title: "Orders", version: "1.0.0" }',
    );
  if (
    servers !== null &&
    !(Array.isArray(servers) && servers.every((entry) => isObject(entry) && isText(entry["url"])))
  )
    throw optionError("openapi.servers", servers, 'a list such as [{ url: "https://api.example" }]');
  if (security !== null && !(isObject(security) && Object.values(security).every(isObject)))
    throw optionError(
      "openapi.security",
      security,
      'schemes by name, such as { key: { type: "http", scheme: "bearer" } }',
    );
  if (toJsonSchema !== null && !isToJsonSchema(toJsonSchema))
    throw optionError("openapi.toJsonSchema", toJsonSchema, "a function (schema, io)");
  const documentPath = path === false ? null : readPath("openapi.path", path);
  const shown = page === undefined ? null : readPage(page);
  if (shown !== null && documentPath === null)
    throw optionError("openapi.path", false, "a path: the page loads the document from there");
  return {
    info,
    path: documentPath,
    servers,
    security: isRecords(security) ? security : null,
    page: shown,
    toJsonSchema,
  };
}

function readPage(page: unknown): { readonly path: string; readonly ui: PageUi } {
  assertOptions("openapi.page", page, ["path", "ui"], 'an object such as { path: "docs", ui: "scalar" }');
  const { path, ui } = page;
  if (!isUi(ui)) throw optionError("openapi.page.ui", ui, '"scalar", "swagger-ui" or "redoc"');
  return { path: readPath("openapi.page.path", path), ui };
}

/** A path without parameters, with its leading slash and without a trailing one. */
function readPath(option: string, path: unknown): string {
  const text = isText(path) ? `/${path.replace(/^\/|\/$/g, "")}` : "";
  if (!/^(?:\/[\w.~-]+)+$/.test(text)) throw optionError(option, path, 'a path such as "openapi.json"');
  return text;
}

/** @throws PKT_OPTION_INVALID, PKT_OPTION_UNKNOWN */
export function assertDocs(option: unknown): asserts option is DocsOptions {
  const texts = ["summary", "description", "operationId"];
  const known = [...texts, "tags", "deprecated", "responses", "hidden"];
  assertOptions("docs", option, known, 'an object such as { summary: "Lists the orders" }');
  const refuse = (part: string, expected: string): never => {
    throw optionError(`docs.${part}`, option[part], expected);
  };
  for (const part of texts) if (option[part] !== undefined && !isText(option[part])) refuse(part, "a text");
  for (const part of ["deprecated", "hidden"])
    if (option[part] !== undefined && typeof option[part] !== "boolean") refuse(part, "true or false");
  const { tags, responses } = option;
  if (tags !== undefined && !(Array.isArray(tags) && tags.every(isText))) refuse("tags", "a list of texts");
  if (responses === undefined) return;
  const isRight =
    isObject(responses) &&
    Object.entries(responses).every(([status, of]) => isStatus(status) && isObject(of));
  if (!isRight)
    refuse("responses", 'responses by status, such as { 404: { description: "There is no such order." } }');
}

function isStatus(text: string): boolean {
  return /^(?:[1-5](?:\d\d|XX)|default)$/.test(text);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isUi(value: unknown): value is PageUi {
  return UIS.includes(value);
}

function isToJsonSchema(value: unknown): value is ToJsonSchema {
  return typeof value === "function";
}

function isRecords(value: unknown): value is Readonly<Record<string, JsonObject>> {
  return isObject(value);
}

/** Whether a value is an object and not a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
