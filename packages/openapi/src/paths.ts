/** Paths of routes as path templates of OpenAPI. */

/** A path template and the names of its parameters. */
export interface PathTemplate {
  /** `"/shops/{shop}/files/{path}"` */
  readonly template: string;
  /** The parameters in their order: the name in the route's path, and that in the template. */
  readonly parameters: readonly (readonly [name: string, shown: string])[];
}

/** The name of the rest of a path, `*`, which tools do not take as a name. */
const REST = "path";

/** Converts the path of a route. Names are those of a template of the same shape, if there is one. */
export class PathTemplates {
  readonly #byShape = new Map<string, readonly string[]>();

  of(path: string, isPattern: boolean): PathTemplate {
    const segments = path.slice(1).split("/");
    const names = segments.map((segment, index) =>
      isPattern ? parameterOf(segment, index === segments.length - 1) : null,
    );
    const own = names.flatMap((name) => (name === null ? [] : [name]));
    const shape = segments
      .map((segment, index) => (names[index] === null ? encodeURIComponent(segment) : "{}"))
      .join("/");
    // OpenAPI: templates that differ in the names of their parameters alone are the same path.
    const shown = this.#byShape.get(shape) ?? own.map((name) => (name === "*" ? freeName(REST, own) : name));
    this.#byShape.set(shape, shown);
    let next = 0;
    const template = shape.replaceAll("{}", () => `{${shown[next++]}}`);
    return { template: `/${template}`, parameters: own.map((name, index) => [name, shown[index] ?? name]) };
  }
}

function parameterOf(segment: string, isLast: boolean): string | null {
  if (segment.startsWith(":")) return segment.slice(1);
  return isLast && segment === "*" ? "*" : null;
}

function freeName(name: string, taken: readonly string[]): string {
  return taken.includes(name) ? freeName(`${name}_`, taken) : name;
}
