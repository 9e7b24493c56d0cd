import { describe, expect, test } from "vitest";
import { cleanStack } from "../../src/dev/clean-stack.ts";

describe("a stack", () => {
  test("keeps the frames of the program, and counts the others", () => {
    const stack = [
      "TypeError: no",
      "    at load (file:///app/src/load.js:3:9)",
      "    at Router.run (file:///app/node_modules/router/index.js:10:1)",
      "    at async file:///app/server.js:1:1",
      "    at process.processTicksAndRejections (node:internal/process/task_queues:103:5)",
      "    at node:internal/main/run_main:1:1",
    ].join("\n");
    expect(cleanStack(stack)).toBe(
      [
        "TypeError: no",
        "    at load (file:///app/src/load.js:3:9)",
        "    at async file:///app/server.js:1:1",
        "    at … (3 frames of Node and of packages)",
      ].join("\n"),
    );
  });

  test("with frames of the program only stays as it is", () => {
    const stack = "Error: no\n    at /app/server.js:1:1";
    expect(cleanStack(stack)).toBe(stack);
  });

  test("without a frame of the program stays whole", () => {
    const stack = "Error: no\n    at Server.emit (node:events:1:1)";
    expect(cleanStack(stack)).toBe(stack);
  });

  test("of a syntax error loses the frames of the loader, because Node prints the line of code", () => {
    const stack = "SyntaxError: Unexpected token ';'\n    at compile (node:internal/vm:1:1)";
    expect(cleanStack(stack)).toBe(
      "SyntaxError: Unexpected token ';'\n    at … (1 frame of Node and of packages)",
    );
  });

  test("keeps a message that looks like a frame, and loses the frames of packages on Windows", () => {
    const stack = "Error: lost\n    at C:\\app\\a.js:1:1\n    at C:\\app\\node_modules\\x\\i.js:1:1";
    expect(cleanStack(stack)).toBe(
      "Error: lost\n    at C:\\app\\a.js:1:1\n    at … (1 frame of Node and of packages)",
    );
  });
});
