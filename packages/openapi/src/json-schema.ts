/** JSON Schemas of the schemas of routes, in the form in which an OpenAPI document can have them. */
import { isObject, type JsonObject, type ToJsonSchema } from "./options.ts";

/** Which side of a schema is shown: what it takes, or what it gives. */
export type Side = "input" | "output";

/** Told of a schema that has no JSON Schema, with the reason. */
export type Unknown = (reason: string) => void;

/** Makes the JSON Schemas of one document, and collects its `components.schemas`. */
export class JsonSchemas {
  /** Schemas that refer to themselves or that others refer to, by name. */
  readonly components: Record<string, JsonObject> = {};
  readonly #toJsonSchema: ToJsonSchema | null;

  constructor(toJsonSchema: ToJsonSchema | null) {
    this.#toJsonSchema = toJsonSchema;
  }

  /**
   * Makes the JSON Schema of a schema; `{}`, which allows each value, if the library has no such form of it.
   *
   * @param name The name of the component, if the schema needs one.
   */
  of(schema: unknown, side: Side, name: string, unknown: Unknown): JsonObject {
    try {
      const made = this.#convert(schema, side);
      return isObject(made) ? this.#embed(made, name) : {};
    } catch (error) {
      unknown(error instanceof Error ? error.message : String(error));
      return {};
    }
  }

  #convert(schema: unknown, side: Side): unknown {
    const members: unknown = Reflect.get(Object(schema), "~standard");
    const own: unknown = isObject(members) ? members["jsonSchema"] : undefined;
    const convert: unknown = isObject(own) ? own[side] : undefined;
    if (typeof convert === "function") return Reflect.apply(convert, own, [{ target: "draft-2020-12" }]);
    if (this.#toJsonSchema !== null) return this.#toJsonSchema(schema, side);
    const vendor = isObject(members) ? String(members["vendor"]) : "the library";
    throw new Error(`schemas of ${vendor} have no JSON Schema: give openapi.toJsonSchema`);
  }

  /** Moves definitions to the components: a reference inside of a schema would be relative to the whole document. */
  #embed(schema: JsonObject, name: string): JsonObject {
    const { $schema: _dialect, $id: _id, $defs, definitions, ...rest } = schema;
    const defs = isObject($defs) ? $defs : isObject(definitions) ? definitions : {};
    const names = new Map(Object.keys(defs).map((key) => [key, this.#freeName(`${name}_${key}`)]));
    const isRecursive = JSON.stringify(schema).includes('"$ref":"#"');
    const root = isRecursive ? this.#freeName(name) : "";
    const rename = (ref: string): string => {
      if (ref === "#" && isRecursive) return `#/components/schemas/${root}`;
      const [, key = ""] = /^#\/(?:\$defs|definitions)\/(.+)$/.exec(ref) ?? [];
      const renamed = names.get(decodeURIComponent(key));
      return renamed === undefined ? ref : `#/components/schemas/${renamed}`;
    };
    for (const [key, definition] of Object.entries(defs)) {
      const component = names.get(key);
      if (component !== undefined && isObject(definition))
        this.components[component] = renameRefs(definition, rename);
    }
    const embedded = renameRefs(rest, rename);
    if (!isRecursive) return embedded;
    this.components[root] = embedded;
    return { $ref: `#/components/schemas/${root}` };
  }

  #freeName(wanted: string): string {
    const name = wanted.replaceAll(/[^\w.-]/g, "_");
    let free = name;
    for (let count = 2; Object.hasOwn(this.components, free); count++) free = `${name}_${count}`;
    this.components[free] = {};
    return free;
  }
}

function renameRefs(schema: JsonObject, rename: (ref: string) => string): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === "$ref" && typeof value === "string" ? rename(value) : renameIn(value, rename),
    ]),
  );
}

function renameIn(value: unknown, rename: (ref: string) => string): unknown {
  if (Array.isArray(value)) return value.map((entry) => renameIn(entry, rename));
  return isObject(value) ? renameRefs(value, rename) : value;
}

/** Whether a JSON Schema allows `null`, which a request without a body is. */
export function allowsNull(schema: JsonObject): boolean {
  const { type, anyOf, oneOf, enum: values } = schema;
  if (type === "null" || (Array.isArray(type) && type.includes("null"))) return true;
  if ("const" in schema && schema["const"] === null) return true;
  if (Array.isArray(values)) return values.includes(null);
  const choices: unknown = anyOf ?? oneOf;
  return Array.isArray(choices) && choices.some((choice) => isObject(choice) && allowsNull(choice));
}
