/** What to write for path patterns of other frameworks, which Packetron would refuse for another reason or not match. */

interface Advice {
  /** Matches a route path that has the foreign form. */
  readonly form: RegExp;
  /** Returns why Packetron refuses the form, and what to write. */
  readonly text: (path: string, match: string) => string;
}

/** The forms in a pattern, the more special before the more general. */
const forms: readonly Advice[] = [
  {
    form: /^(?:GET|POST|PUT|DELETE|HEAD|PATCH|OPTIONS) /,
    text: (path, match) => {
      const method = match.trim();
      const rest = JSON.stringify(path.slice(match.length));
      return `the method is an option: write method: PacketronRequestMethod.${method}, routePath: ${rest}`;
    },
  },
  {
    form: /^[a-z][a-z\d+.-]*:\/\//i,
    text: () => "a route path has no scheme and no host; write the path alone",
  },
  {
    form: /\/?:[\w$]+\?/,
    text: (path, match) => {
      const without = path.replace(match, "") || "/";
      const withIt = path.replace(match, match.slice(0, -1));
      return `there are no optional parameters: write two routes, ${show(without)} and ${show(withIt)}`;
    },
  },
  {
    form: /:[\w$]+\(/,
    text: (_path, match) =>
      `a parameter has no expression of its own: write ${show(match.slice(0, -1))}, and check request.params in the handler`,
  },
  {
    form: /:[\w$]+[+*]/,
    text: () => `a parameter is one segment: write "*" as the last segment, and read request.params["*"]`,
  },
  {
    form: /(?:^|\/)\*\*?[\w$]+/,
    text: () => `the rest of a path has no name: write "*" as the last segment, and read request.params["*"]`,
  },
  {
    form: /\\[dwsDWS][+*{)]|\(\?[:=!<]|\(?\.[*+]|\[[^\]]*-[^\]]*\][+*{]/,
    text: () =>
      "a route path has no regular expressions: write :name, and check request.params in the handler",
  },
  {
    form: /\*\*|[^/]\*|\*[^/]/,
    text: () =>
      `"*" is the rest of a path, as the whole last segment; write %2A for the character, or set PacketronHandlerFlags.EXACT_PATH`,
  },
  {
    form: /(?:^|\/)(?:\{[\w$]+\}|\[[\w$]+\]|<[\w$]+>)(?=\/|$)/,
    text: (_path, match) => {
      const name = match.replace(/\W/g, "");
      return `a parameter is written :${name}; for the text itself set PacketronHandlerFlags.EXACT_PATH`;
    },
  },
];

/**
 * What to write instead, for a pattern in the form of another framework; `undefined` for any other path.
 *
 * @param exact Whether the route asks for the characters of the path themselves, with EXACT_PATH.
 */
export function pathAdvice(path: unknown, exact: boolean): string | undefined {
  if (path instanceof RegExp)
    return 'expected a string such as "api/users/:id": write :name for a part, and check request.params in the handler';
  if (Array.isArray(path))
    return 'expected a string such as "api/users/:id": call handle() once for each path';
  if (typeof path !== "string" || exact) return undefined;
  for (const { form, text } of forms) {
    const [match] = form.exec(path) ?? [];
    if (match !== undefined) return text(path, match);
  }
  return undefined;
}

function show(text: string): string {
  return JSON.stringify(text);
}
