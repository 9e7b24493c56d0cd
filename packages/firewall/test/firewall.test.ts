import type { AddressInfo } from "node:net";
import { Packetron, PacketronServerFlags, type ServerOptions } from "@packetron/core";
import { capabilityConformance } from "@packetron/core/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createFirewall } from "../src/firewall.ts";
import { firewall } from "../src/index.ts";
import {
  collectLog,
  hanging,
  idleUfw,
  type LogLine,
  type StandIns,
  standIns,
  sudo,
  tables,
} from "./_stand-ins.ts";

const programs = { ufw: idleUfw, iptables: tables, ip6tables: tables, sudo };
const { OPEN_FIREWALL } = PacketronServerFlags;

describe("firewall() does what every capability does", () => {
  for (const { name, run } of capabilityConformance(firewall)) test(name, run);
});

describe("firewall() with its flag, at a loopback address, does what every capability does", () => {
  const suite = capabilityConformance(firewall, { options: { flags: OPEN_FIREWALL } });
  for (const { name, run } of suite) test(name, run);
});

/** The address of a server as if it were reachable from outside, because tests bind 127.0.0.1 only. */
function outside(server: Packetron): AddressInfo | null {
  const address = server.address();
  return address === null ? null : { ...address, address: "0.0.0.0" };
}

function makeServer(
  made: StandIns,
  options: ServerOptions = {},
  addressOf: typeof outside = outside,
): { readonly server: Packetron; readonly lines: LogLine[] } {
  const { log, lines } = collectLog();
  const server = new Packetron({
    host: "127.0.0.1",
    port: 0,
    maxThreads: 1,
    idleGrace: 0,
    flags: OPEN_FIREWALL,
    logger: log,
    capabilities: [createFirewall(made.machine, addressOf)],
    ...options,
  });
  onTestFinished(() => server.stop());
  return { server, lines };
}

function portsOf(made: StandIns, verb: string): string[] {
  return made.calls().flatMap((call) => (call[2] === verb ? [call[call.indexOf("--dport") + 1] ?? ""] : []));
}

describe("a server with OPEN_FIREWALL", () => {
  test("opens the port that it was given for port 0, and closes it before stop() resolves", async () => {
    const made = standIns(programs);
    const { server } = makeServer(made);
    await server.start();
    const port = String(server.port);
    expect(port).not.toBe("0");
    await vi.waitFor(() => expect(portsOf(made, "-I")).toEqual([port, port]), 8000);
    await vi.waitFor(() => expect(made.calls()).toHaveLength(5), 8000);
    await server.stop();
    expect(portsOf(made, "-D")).toEqual([port, port]);
  });

  test("opens nothing at a loopback address", async () => {
    const made = standIns(programs);
    const { server, lines } = makeServer(made, {}, (each) => each.address());
    await server.start();
    await server.stop();
    expect(made.calls()).toEqual([]);
    expect(lines.filter(({ level }) => level === "warn")).toEqual([]);
  });

  test("opens nothing when it cannot listen", async () => {
    const made = standIns(programs);
    const { server } = makeServer(made, { host: "192.0.2.7; touch owned" });
    await expect(server.start()).rejects.toMatchObject({ code: "PKT_SERVER_LISTEN" });
    expect(made.calls()).toEqual([]);
  });

  test("opens nothing before start(), and nothing when it is stopped first", async () => {
    const made = standIns(programs);
    const { server } = makeServer(made);
    await server.stop();
    expect(made.calls()).toEqual([]);
  });

  test("starts without waiting for a command that hangs, and stops in time", async () => {
    const made = standIns({ ...programs, sudo: hanging }, { uid: 1000, timeoutMs: 1500 });
    const { server, lines } = makeServer(made);
    await server.start();
    expect(lines.filter(({ level }) => level === "warn")).toEqual([]); // the command still hangs
    const before = performance.now();
    await server.stop();
    expect(performance.now() - before).toBeLessThan(5000);
    expect(lines.filter(({ level }) => level === "warn")).toMatchObject([
      { fields: { err: { code: "PKT_FIREWALL_TIMEOUT" } } },
    ]);
  });

  test("starts and stops when no firewall program works, with one log line", async () => {
    const made = standIns({});
    const { server, lines } = makeServer(made);
    await server.start();
    await server.stop();
    expect(lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  test("prints nothing with SILENCE_INTERNAL_LOGS", async () => {
    const made = standIns({});
    const { server, lines } = makeServer(made, {
      flags: OPEN_FIREWALL | PacketronServerFlags.SILENCE_INTERNAL_LOGS,
    });
    await server.start();
    await server.stop();
    expect(lines).toEqual([]);
  });
});

test("a server without OPEN_FIREWALL runs no command", async () => {
  const made = standIns(programs);
  const { server } = makeServer(made, { flags: 0 });
  await server.start();
  await server.stop();
  expect(made.calls()).toEqual([]);
});
