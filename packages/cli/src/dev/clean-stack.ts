/** Shortens stack traces to the frames of the program: the frames of Node and of packages are left out. */

const FRAME = /^\s+at /;

/** Frames of code that the developer of the program cannot change: Node's own, and those of packages. */
const FOREIGN = /\(?(?:node:|file:\/\/.*\/node_modules\/|\/.*\/node_modules\/|[A-Z]:\\.*\\node_modules\\)/;

/**
 * Replaces the frames of Node and of packages by a line with their number. A stack that has only such frames stays as
 * it is, except for a syntax error: there Node prints the faulty line of code above the stack.
 *
 * @example
 * cleanStack("Error: no\n    at f (/app/a.js:1:1)\n    at node:internal/x:1:1"); // "Error: no\n    at f (/app/a.js:1:1)\n    at … (1 frame of Node and of packages)"
 */
export function cleanStack(stack: string): string {
  const lines = stack.split("\n");
  const isForeign = (line: string): boolean => FRAME.test(line) && FOREIGN.test(line);
  const foreign = lines.filter(isForeign).length;
  const own = lines.filter((line) => FRAME.test(line) && !isForeign(line)).length;
  if (foreign === 0 || (own === 0 && !stack.startsWith("SyntaxError"))) return stack;
  // The note begins with "at", because Node ignores a stack without such a line.
  const note = `    at … (${foreign === 1 ? "1 frame" : `${foreign} frames`} of Node and of packages)`;
  return [...lines.filter((line) => !isForeign(line)), note].join("\n");
}
