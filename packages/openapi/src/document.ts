/** The OpenAPI document of a server. */
import type { PacketronRoute } from "@packetron/core";
import { methodNames, type RouteFacts } from "@packetron/core/capability";
import { JsonSchemas } from "./json-schema.ts";
import { describeOperation } from "./operation.ts";
import { assertDocs, type DocsOptions, type JsonObject, type OpenapiSettings } from "./options.ts";
import { PathTemplates } from "./paths.ts";

/** An OpenAPI 3.1 document. */
export interface OpenapiDocument {
  readonly openapi: "3.1.1";
  readonly info: JsonObject;
  readonly servers?: readonly JsonObject[];
  readonly security?: readonly JsonObject[];
  readonly paths: Readonly<Record<string, JsonObject>>;
  readonly components: JsonObject;
}

/** The methods of a path item: OpenAPI 3.1 section 4.8.9. */
const METHODS: ReadonlySet<string> = new Set([
  "get",
  "put",
  "post",
  "delete",
  "options",
  "head",
  "patch",
  "trace",
]);

/** The problem document (RFC 9457) that Packetron answers with when it refuses a request. */
const PROBLEM_SCHEMA: JsonObject = {
  type: "object",
  required: ["type", "title", "status"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["in", "path", "message"],
        properties: {
          in: { type: "string", enum: ["params", "query", "headers", "body"] },
          path: { type: "string" },
          message: { type: "string" },
        },
      },
    },
  },
};

const PROBLEM_RESPONSE: JsonObject = {
  description: "The request was refused",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

/**
 * Makes the document of routes. Never throws.
 *
 * @param unknown Called for a part of a schema that has no JSON Schema, and that is `{}` in the document.
 */
export function createDocument(
  routes: readonly RouteFacts[],
  settings: OpenapiSettings,
  unknown: (route: PacketronRoute, part: string, reason: string) => void,
): OpenapiDocument {
  const schemas = new JsonSchemas(settings.toJsonSchema);
  schemas.components["Problem"] = PROBLEM_SCHEMA;
  const templates = new PathTemplates();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const facts of routes.toSorted(byPath)) {
    const docs = docsOf(facts);
    const method = (methodNames[facts.route.method] ?? "").toLowerCase();
    if (docs.hidden === true || !METHODS.has(method)) continue;
    const template = templates.of(facts.route.path, facts.isPattern);
    const item = (paths[template.template] ??= {});
    item[method] = describeOperation({ facts, docs, template, schemas, unknown });
  }
  const { info, servers, security } = settings;
  return {
    openapi: "3.1.1",
    info,
    ...(servers === null ? {} : { servers }),
    ...(security === null ? {} : { security: Object.keys(security).map((name) => ({ [name]: [] })) }),
    paths,
    components: {
      schemas: schemas.components,
      responses: { Problem: PROBLEM_RESPONSE },
      ...(security === null ? {} : { securitySchemes: security }),
    },
  };
}

/** Sorts by the path, and then by the method: the router has exact paths first, and patterns as a tree. */
function byPath({ route: one }: RouteFacts, { route: other }: RouteFacts): number {
  if (one.path !== other.path) return one.path < other.path ? -1 : 1;
  return one.method - other.method;
}

function docsOf({ options }: RouteFacts): DocsOptions {
  const { docs } = options;
  if (docs === undefined || docs === null || docs === false) return docs === false ? { hidden: true } : {};
  assertDocs(docs);
  return docs;
}
