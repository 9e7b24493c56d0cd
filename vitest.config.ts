import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: ["packages/*", "examples/*", { test: { name: "workspace", include: ["scripts/test/**/*.test.ts"] } }],
  },
});
