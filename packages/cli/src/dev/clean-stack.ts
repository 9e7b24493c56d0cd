/** Stacks as whoever wrote the program wants to read them: without the frames of Node and of packages. */

const FRAME = /^\s+at /;

/** Frames that nobody who develops a program can change. */
const FOREIGN = /\(?(?:node:|file:\/\/.*\/node_modules\/|\/.*\/node_modules\/|[A-Z]:\\.*\\node_modules\\)/;

/**
 * Leaves out foreign frames and says how many they were. A stack of nothing else stays whole, because it is all that there
 * is; unless it is a syntax error's, for which Node shows the line of the code.
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
  // With "at" in front: Node takes a stack without any such line for none.
  const note = `    at … (${foreign === 1 ? "1 frame" : `${foreign} frames`} of Node and of packages)`;
  return [...lines.filter((line) => !isForeign(line)), note].join("\n");
}
