/** One operation of the document: what it says about a route. */
import type { PacketronRoute } from "@packetron/core";
import type { RouteFacts } from "@packetron/core/capability";
import { allowsNull, type JsonSchemas, type Side } from "./json-schema.ts";
import { type DocsOptions, isObject, type JsonObject } from "./options.ts";
import type { PathTemplate } from "./paths.ts";

/** What an operation is made from. */
export interface OperationParts {
  readonly facts: RouteFacts;
  readonly docs: DocsOptions;
  readonly template: PathTemplate;
  readonly schemas: JsonSchemas;
  /** Called for a part of the schema that has no JSON Schema. */
  readonly unknown: (route: PacketronRoute, part: string, reason: string) => void;
}

const PROBLEM = { $ref: "#/components/responses/Problem" };
/** OpenAPI 3.1 section 4.8.12: headers with these names are described elsewhere, and ignored as parameters. */
const OTHER_HEADERS: ReadonlySet<string> = new Set(["accept", "content-type", "authorization"]);

/** Describes a route. */
export function describeOperation(parts: OperationParts): JsonObject {
  const { docs } = parts;
  const { summary, description, tags, operationId, deprecated } = docs;
  const operation = { summary, description, tags, operationId, deprecated };
  const schema = isObject(parts.facts.options["schema"]) ? parts.facts.options["schema"] : {};
  const convert = (part: string, side: Side = "input"): JsonObject | null =>
    schema[part] === undefined
      ? null
      : parts.schemas.of(schema[part], side, nameOf(parts, part), (reason) =>
          parts.unknown(parts.facts.route, part, reason),
        );
  const parameters = [
    ...pathParameters(parts.template, convert("params")),
    ...parametersOf("query", convert("query")),
    ...parametersOf("header", convert("headers")).filter(
      ({ name }) => !OTHER_HEADERS.has(String(name).toLowerCase()),
    ),
  ];
  const body = requestBody(parts.facts, convert("body"));
  return withoutUndefined({
    ...operation,
    parameters: parameters.length === 0 ? undefined : parameters,
    requestBody: body,
    responses: responsesOf(
      parts.facts,
      Object.keys(schema),
      convert("response", "output"),
      docs.responses ?? {},
    ),
  });
}

/** `POST_shops_shop_orders_body`: the name of a component that a schema needs. */
function nameOf({ facts: { route }, docs }: OperationParts, part: string): string {
  return `${docs.operationId ?? String(route).replaceAll(/[^\w]+/g, "_")}_${part}`;
}

function pathParameters({ parameters }: PathTemplate, schema: JsonObject | null): JsonObject[] {
  const known = propertiesOf(schema);
  return parameters.map(([name, shown]) => ({
    name: shown,
    in: "path",
    required: true,
    schema: known.get(name)?.schema ?? { type: "string" },
  }));
}

function parametersOf(place: "query" | "header", schema: JsonObject | null): JsonObject[] {
  return [...propertiesOf(schema)].map(([name, { schema: own, required }]) => ({
    name,
    in: place,
    required,
    schema: own,
  }));
}

interface Property {
  readonly schema: JsonObject;
  readonly required: boolean;
}

/** The properties of the JSON Schema of an object. */
function propertiesOf(schema: JsonObject | null): Map<string, Property> {
  const properties = isObject(schema?.["properties"]) ? schema["properties"] : {};
  const required: unknown = schema?.["required"];
  return new Map(
    Object.entries(properties).map(([name, own]) => [
      name,
      { schema: isObject(own) ? own : {}, required: Array.isArray(required) && required.includes(name) },
    ]),
  );
}

function requestBody({ mediaTypes }: RouteFacts, schema: JsonObject | null): JsonObject | undefined {
  if (mediaTypes.length === 0) return undefined;
  const shown = mediaTypes.filter((type) => !isVariant(type, mediaTypes));
  const content = Object.fromEntries(shown.map((type) => [type, { schema: schema ?? {} }]));
  return { required: schema !== null && Object.keys(schema).length > 0 && !allowsNull(schema), content };
}

/** Whether a type, such as `text/json` or `application/*+json`, is read as `application/json` of the same route is. */
function isVariant(type: string, all: readonly string[]): boolean {
  const format = /(?:\/|\+)(json|xml)$/.exec(type)?.[1];
  return format !== undefined && type !== `application/${format}` && all.includes(`application/${format}`);
}

function responsesOf(
  { route, mediaTypes, options }: RouteFacts,
  parts: readonly string[],
  answer: JsonObject | null,
  documented: Readonly<Record<string, JsonObject>>,
): JsonObject {
  const isChecked = parts.some((part) => part !== "response");
  const readsBodies = mediaTypes.length > 0;
  const isLimited = options["maxRequestsPerSecond"] ?? options["rateLimit"];
  // The schema of the answer belongs to the first success that is documented.
  const success = Object.keys(documented).find((status) => status.startsWith("2")) ?? "200";
  const content = answer === null ? {} : { content: { "application/json": { schema: answer } } };
  return {
    ...(isChecked || readsBodies ? { 400: PROBLEM } : {}),
    ...(readsBodies && Number.isFinite(route.bodyLimit) ? { 413: PROBLEM } : {}),
    ...(readsBodies ? { 415: PROBLEM } : {}),
    ...(isLimited ? { 429: PROBLEM } : {}),
    ...documented,
    [success]: { description: "The answer", ...content, ...documented[success] },
  };
}

function withoutUndefined(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
