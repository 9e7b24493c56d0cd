import { describe, test } from "vitest";
import { sharedServicesConformance } from "../../src/testing/index.ts";
import { TestProgram } from "./_processes.ts";

describe("the services of the process that has the memory", () => {
  const program = new TestProgram();
  for (const { name, run } of sharedServicesConformance({ connect: () => program.local() })) test(name, run);
});

describe("the services of workers", () => {
  const program = new TestProgram();
  for (const { name, run } of sharedServicesConformance({ connect: () => program.worker() })) test(name, run);
});
