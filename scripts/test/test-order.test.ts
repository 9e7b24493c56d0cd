/** Tests of the list of long test files. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../_packages.ts";
import { LONGEST } from "../_test-order.ts";

test("the files that begin first exist, and each is named once", () => {
  expect(LONGEST.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  expect(new Set(LONGEST)).toHaveLength(LONGEST.length);
});
