import { capabilityConformance, sharedServicesConformance } from "@packetron/core/testing";
import { afterAll, beforeAll, describe, test } from "vitest";
import { redis } from "../src/index.ts";
import { hasRedis, TestRedis } from "./_redis.ts";
import { startProgram, type TestProgram } from "./_services.ts";

describe.skipIf(!hasRedis)("with a redis-server", () => {
  let store: TestRedis;
  const programs = new Map<unknown, TestProgram>();
  beforeAll(async () => {
    store = await TestRedis.start();
  });
  afterAll(() => store.remove());

  describe("the services of redis() do what those of core do", () => {
    const suite = sharedServicesConformance({
      async connect() {
        const program = await startProgram({ socket: store.socket });
        programs.set(program.services, program);
        return program.services;
      },
      disconnect: (services) => programs.get(services)?.server.stop(),
    });
    for (const { name, run } of suite) test.concurrent(name, run);
  });

  describe("redis() does what every capability does", () => {
    for (const { name, run } of capabilityConformance(() => redis({ socket: store.socket }))) test(name, run);
  });
});
