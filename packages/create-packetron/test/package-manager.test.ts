import { expect, test } from "vitest";
import { detectPackageManager } from "../src/package-manager.ts";

test.each([
  ["npm/11.0.0 node/v24.0.0 linux x64 workspaces/false", "npm"],
  ["pnpm/10.0.0 npm/? node/v24.0.0 linux x64", "pnpm"],
  ["yarn/1.22.22 npm/? node/v24.0.0 linux x64", "yarn"],
  ["bun/1.3.0 npm/? node/v24.3.0 linux x64", "npm"],
  ["", "npm"],
  [undefined, "npm"],
])("the package manager of %j is %s", (userAgent, manager) => {
  expect(detectPackageManager(userAgent)).toBe(manager);
});
