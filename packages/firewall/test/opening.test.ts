import { existsSync, writeFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import type { Endpoint } from "../src/endpoint.ts";
import type { Machine } from "../src/machine.ts";
import { Opening } from "../src/opening.ts";
import {
  activeUfw,
  askingSudo,
  collectLog,
  hanging,
  idleUfw,
  type LogLine,
  type Programs,
  type StandIns,
  standIns,
  sudo,
  tables,
} from "./_stand-ins.ts";

const everywhere: Endpoint = { port: 3000, address: null };
const input = ["INPUT", "-p", "tcp", "--dport", "3000", "-j", "ACCEPT"];
const allLinux: Programs = { ufw: idleUfw, iptables: tables, ip6tables: tables };

/** Opens a port on a machine with fake programs. */
function open(
  programs: Programs,
  { endpoint = everywhere, ...machine }: Partial<Machine> & { readonly endpoint?: Endpoint } = {},
): StandIns & {
  readonly opening: Opening;
  readonly lines: LogLine[];
  logged(count?: number): Promise<LogLine[]>;
} {
  const made = standIns(programs, machine);
  const { log, lines } = collectLog();
  const opening = new Opening(endpoint, made.machine, log);
  const logged = async (count = 1): Promise<LogLine[]> => {
    await vi.waitFor(() => expect(lines.length).toBeGreaterThanOrEqual(count), 8000);
    return lines;
  };
  return { ...made, opening, lines, logged };
}

function called({ calls }: StandIns, expected: readonly (readonly string[])[]): Promise<void> {
  return vi.waitFor(() => expect(calls()).toEqual(expected), 8000);
}

describe("iptables", () => {
  test("both versions of IP get a rule, and lose it when the server stops", async () => {
    const made = open(allLinux);
    expect(await made.logged()).toEqual([
      {
        level: "info",
        fields: { port: 3000, programs: ["iptables", "ip6tables"] },
        message: "the port is open in the firewall until the server stops",
      },
    ]);
    const opened = [
      ["ufw", "status"],
      ["iptables", "-w", "-C", ...input],
      ["iptables", "-w", "-I", ...input],
      ["ip6tables", "-w", "-C", ...input],
      ["ip6tables", "-w", "-I", ...input],
    ];
    expect(made.calls()).toEqual(opened);
    await made.opening.close();
    expect(made.calls().slice(opened.length).toSorted()).toEqual([
      ["ip6tables", "-w", "-D", ...input],
      ["iptables", "-w", "-D", ...input],
    ]);
    expect(existsSync(made.file("rule.iptables"))).toBe(false);
    expect(made.lines).toHaveLength(1);
  });

  test("a rule that exists is neither added nor removed", async () => {
    const existing = `: > "$FOLDER/rule.$NAME"; ${tables}`;
    const made = open({ ufw: idleUfw, iptables: existing, ip6tables: existing });
    const checks = [
      ["ufw", "status"],
      ["iptables", "-w", "-C", ...input],
      ["ip6tables", "-w", "-C", ...input],
    ];
    await called(made, checks);
    await made.opening.close();
    expect(made.calls()).toEqual(checks);
    expect(made.lines).toEqual([]);
  });

  test("only the rule that was added is removed", async () => {
    const made = open({ ...allLinux, iptables: `[ "$2" != -C ] || exit 0; ${tables}` });
    await made.logged();
    await made.opening.close();
    expect(made.calls().slice(1)).toEqual([
      ["iptables", "-w", "-C", ...input],
      ["ip6tables", "-w", "-C", ...input],
      ["ip6tables", "-w", "-I", ...input],
      ["ip6tables", "-w", "-D", ...input],
    ]);
  });

  test.each([
    ["iptables", "192.0.2.7"],
    ["ip6tables", "2001:db8::7"],
  ])("%s alone is asked for one address, and opens only that", async (program, address) => {
    const made = open(allLinux, { endpoint: { port: 8080, address } });
    await made.logged();
    const rule = ["INPUT", "-d", address, "-p", "tcp", "--dport", "8080", "-j", "ACCEPT"];
    expect(made.calls().slice(1)).toEqual([
      [program, "-w", "-C", ...rule],
      [program, "-w", "-I", ...rule],
    ]);
  });

  test("is used when ufw is absent", async () => {
    const made = open({ iptables: tables, ip6tables: tables });
    expect(await made.logged()).toMatchObject([{ level: "info" }]);
  });

  test("without ip6tables, IPv4 is opened, and one log line names the missing program", async () => {
    const made = open({ ufw: idleUfw, iptables: tables });
    expect(await made.logged(2)).toMatchObject([
      { level: "info", fields: { programs: ["iptables"] } },
      {
        level: "warn",
        fields: { err: { code: "PKT_FIREWALL_MISSING", message: expect.stringContaining("ip6tables") } },
      },
    ]);
    await made.opening.close();
    expect(made.calls().at(-1)).toEqual(["iptables", "-w", "-D", ...input]);
    expect(made.lines).toHaveLength(2);
  });

  test("that fails is logged in one line with the first line of its output, cut to a limit", async () => {
    const failing = `[ "$2" = -C ] && exit 1; echo; echo "iptables: Permission denied ${"x".repeat(5000)}" >&2; exit 4`;
    const made = open({ ufw: idleUfw, iptables: failing, ip6tables: tables });
    const [, warning] = await made.logged(2);
    expect(warning).toMatchObject({ level: "warn", fields: { err: { code: "PKT_FIREWALL_FAILED" } } });
    expect(messageOf(warning)).toContain("failed: iptables: Permission denied xxx");
    expect(messageOf(warning).length).toBeLessThan(500);
  });

  test("a rule that cannot be removed is logged with the command that removes it", async () => {
    const made = open({ ufw: idleUfw, iptables: `[ "$2" != -D ] || exit 4; ${tables}`, ip6tables: tables });
    await made.logged();
    await made.opening.close();
    expect(made.lines.at(-1)).toMatchObject({
      level: "warn",
      fields: { err: { code: "PKT_FIREWALL_FAILED" }, command: `iptables -w -D ${input.join(" ")}` },
    });
  });
});

describe("ufw", () => {
  test("that is active gets the rule and loses it, and iptables is not called", async () => {
    const made = open({
      ...allLinux,
      ufw: activeUfw(["22/tcp   ALLOW   Anywhere", "3001/tcp   ALLOW   Anywhere"]),
    });
    expect(await made.logged()).toMatchObject([{ level: "info", fields: { programs: ["ufw"] } }]);
    await made.opening.close();
    expect(made.calls()).toEqual([
      ["ufw", "status"],
      ["ufw", "allow", "3000/tcp"],
      ["ufw", "delete", "allow", "3000/tcp"],
    ]);
  });

  test("one address has a rule of its own", async () => {
    const made = open(
      { ufw: activeUfw(["3000/tcp   ALLOW   Anywhere"]) },
      { endpoint: { port: 3000, address: "192.0.2.7" } },
    );
    await made.logged();
    await made.opening.close();
    expect(made.calls().slice(1)).toEqual([
      ["ufw", "allow", "proto", "tcp", "to", "192.0.2.7", "port", "3000"],
      ["ufw", "delete", "allow", "proto", "tcp", "to", "192.0.2.7", "port", "3000"],
    ]);
  });

  test.each<readonly [line: string, address: string | null]>([
    ["3000/tcp                   ALLOW       Anywhere", null],
    ["3000                       ALLOW       Anywhere", null],
    ["3000/tcp                   ALLOW IN    Anywhere", null],
    ["3000/tcp                   LIMIT       Anywhere", null],
    ["3000/tcp                   ALLOW       Anywhere                   # web", null],
    ["192.0.2.7 3000/tcp         ALLOW       Anywhere", "192.0.2.7"],
    ["2001:db8::7 3000/tcp       ALLOW       Anywhere (v6)", "2001:db8::7"],
  ])("a rule that exists is neither added nor removed: %s", async (line, address) => {
    const made = open({ ufw: activeUfw([line]) }, { endpoint: { port: 3000, address } });
    await called(made, [["ufw", "status"]]);
    await made.opening.close();
    expect(made.calls()).toEqual([["ufw", "status"]]);
    expect(made.lines).toEqual([]);
  });

  test.each([
    "3000/udp                   ALLOW       Anywhere",
    "13000/tcp                  ALLOW       Anywhere",
    "30000/tcp                  ALLOW       Anywhere",
    "3000/tcp                   ALLOW       198.51.100.0/24",
    "3000/tcp                   ALLOW OUT   Anywhere",
    "3000/tcp (v6)              ALLOW       Anywhere (v6)",
    "192.0.2.7 3000/tcp         ALLOW       Anywhere",
  ])("a rule for something else does not count: %s", async (line) => {
    const made = open({ ufw: activeUfw([line]) });
    await made.logged();
    expect(made.calls().at(-1)).toEqual(["ufw", "allow", "3000/tcp"]);
  });

  test.each(["DENY", "REJECT"])("an existing rule that says %s stays, and is logged", async (action) => {
    const made = open({ ufw: activeUfw([`3000/tcp   ${action}   Anywhere`]) });
    const [warning] = await made.logged();
    expect(messageOf(warning)).toContain(`an existing rule for the port says ${action}`);
    await made.opening.close();
    expect(made.calls()).toEqual([["ufw", "status"]]);
  });

  test("a rule that ufw skips, because it exists in another spelling, is not removed", async () => {
    const made = open({ ufw: activeUfw([], "Skipping adding existing rule") });
    await called(made, [
      ["ufw", "status"],
      ["ufw", "allow", "3000/tcp"],
    ]);
    await made.opening.close();
    expect(made.calls()).toHaveLength(2);
  });
});

describe("sudo", () => {
  test("runs every command when the process is not root", async () => {
    const made = open({ ...allLinux, sudo }, { uid: 1000 });
    await made.logged();
    await made.opening.close();
    const direct = made.calls().filter(([program]) => program !== "sudo");
    const through = made.calls().filter(([program]) => program === "sudo");
    // The rules of both versions of IP are deleted at the same time, so sudo may be called in another order.
    const sorted = (commands: readonly (readonly string[])[]): string[] =>
      commands.map((command) => command.join(" ")).toSorted();
    expect(sorted(through.map(([, , ...command]) => command))).toEqual(sorted(direct));
    expect(through.every(([, option]) => option === "-n")).toBe(true);
    expect(direct).toHaveLength(7);
  });

  test("that requires a password ends the attempt with one log line", async () => {
    const made = open({ ...allLinux, sudo: askingSudo }, { uid: 1000 });
    const lines = await made.logged();
    await made.opening.close();
    expect(messageOf(lines[0])).toContain("sudo: a password is required");
    expect(lines).toMatchObject([{ level: "warn", fields: { err: { code: "PKT_FIREWALL_FAILED" } } }]);
    expect(made.calls().filter(([program]) => program !== "sudo")).toEqual([]);
  });

  test("that is absent ends the attempt with one log line", async () => {
    const made = open(allLinux, { uid: 1000 });
    expect(await made.logged()).toMatchObject([
      {
        level: "warn",
        fields: { err: { code: "PKT_FIREWALL_MISSING", message: expect.stringContaining("sudo") } },
      },
    ]);
    expect(made.lines[0]?.fields).not.toHaveProperty("also"); // both versions of IP fail in the same way
    await made.opening.close();
    expect(made.lines).toHaveLength(1);
    expect(made.calls()).toEqual([]);
  });

  test("that hangs is abandoned after the first command, with one log line", async () => {
    const made = open({ ...allLinux, sudo: hanging }, { uid: 1000, timeoutMs: 200 });
    expect(await made.logged()).toMatchObject([
      { level: "warn", fields: { err: { code: "PKT_FIREWALL_TIMEOUT" } } },
    ]);
    await made.opening.close();
    expect(made.calls()).toEqual([["sudo", "-n", "ufw", "status"]]);
    expect(made.lines).toHaveLength(1);
  });
});

describe("Windows", () => {
  const windows: Partial<Machine> = { platform: "win32", uid: undefined };
  const netsh = `
    case "$3" in
      show) [ -e "$FOLDER/rule" ] ;;
      add) : > "$FOLDER/rule" ;;
      delete) /bin/rm "$FOLDER/rule" ;;
    esac`;
  const rule = (verb: string, ...more: string[]) => [
    "netsh",
    "advfirewall",
    "firewall",
    verb,
    "rule",
    "name=Packetron-3000",
    ...more,
  ];

  test("netsh gets a rule by a name, and loses it", async () => {
    const made = open({ netsh }, windows);
    expect(await made.logged()).toMatchObject([{ level: "info", fields: { programs: ["netsh"] } }]);
    await made.opening.close();
    expect(made.calls()).toEqual([
      rule("show"),
      rule("add", "dir=in", "action=allow", "protocol=TCP", "localport=3000"),
      rule("delete"),
    ]);
  });

  test("a rule that exists is neither added nor removed", async () => {
    const made = open({ netsh: "exit 0" }, windows);
    await called(made, [rule("show")]);
    await made.opening.close();
    expect(made.calls()).toEqual([rule("show")]);
  });

  test("one address is part of the rule and of its name", async () => {
    const made = open({ netsh }, { ...windows, endpoint: { port: 3000, address: "192.0.2.7" } });
    await made.logged();
    expect(made.calls().at(-1)).toEqual([
      "netsh",
      "advfirewall",
      "firewall",
      "add",
      "rule",
      "name=Packetron-192.0.2.7-3000",
      "dir=in",
      "action=allow",
      "protocol=TCP",
      "localport=3000",
      "localip=192.0.2.7",
    ]);
  });

  test.each([
    [
      "without administrator rights",
      '[ "$3" = add ] && echo "The requested operation requires elevation (Run as administrator)."; exit 1',
      "requires elevation",
    ],
    ["without output", "exit 1", "exit code 1"],
  ])("netsh %s is logged in one line", async (_name, body, words) => {
    const made = open({ netsh: body }, windows);
    const lines = await made.logged();
    await made.opening.close();
    expect(messageOf(lines[0])).toContain(words);
    expect(lines).toHaveLength(1);
  });

  test("a missing netsh is logged in one line", async () => {
    const made = open({}, windows);
    expect(await made.logged()).toMatchObject([
      { level: "warn", fields: { err: { code: "PKT_FIREWALL_MISSING" } } },
    ]);
  });
});

describe("other systems", () => {
  test.each(["darwin", "freebsd", "aix"])("%s: one log line, and no command runs", async (platform) => {
    const made = open({ ...allLinux, sudo, netsh: "exit 0", pfctl: "exit 0" }, { platform });
    const lines = await made.logged();
    expect(lines).toMatchObject([{ level: "warn", fields: { err: { code: "PKT_FIREWALL_UNSUPPORTED" } } }]);
    expect(messageOf(lines[0])).toContain(platform);
    await made.opening.close();
    expect(made.calls()).toEqual([]);
  });
});

describe("a stop", () => {
  test("while a command runs lets no further rule be added, and removes those that were", async () => {
    const slow = `[ "$2" = -I ] && { : > "$FOLDER/inserting"; while [ ! -e "$FOLDER/go" ]; do /bin/sleep 0.02; done; }; ${tables}`;
    const made = open({ ...allLinux, iptables: slow });
    await vi.waitFor(() => expect(existsSync(made.file("inserting"))).toBe(true), 8000);
    const closed = made.opening.close();
    writeFileSync(made.file("go"), "");
    await closed;
    expect(made.calls().slice(1)).toEqual([
      ["iptables", "-w", "-C", ...input],
      ["iptables", "-w", "-I", ...input],
      ["iptables", "-w", "-D", ...input],
    ]);
    expect(existsSync(made.file("rule.iptables"))).toBe(false);
  });

  test("during the search for an existing rule adds nothing", async () => {
    const slow = `: > "$FOLDER/checking"; while [ ! -e "$FOLDER/go" ]; do /bin/sleep 0.02; done; ${tables}`;
    const made = open({ ...allLinux, iptables: slow });
    await vi.waitFor(() => expect(existsSync(made.file("checking"))).toBe(true), 8000);
    const closed = made.opening.close();
    writeFileSync(made.file("go"), "");
    await closed;
    expect(made.calls().slice(1)).toEqual([["iptables", "-w", "-C", ...input]]);
  });

  test("before the first command has ended adds nothing", async () => {
    const made = open(allLinux);
    await made.opening.close();
    expect(made.calls()).toEqual([["ufw", "status"]]);
  });

  test("waits no longer than its timeoutMs for commands that hang", async () => {
    const made = open(
      { ufw: idleUfw, iptables: `[ "$2" = -D ] && { ${hanging}; }; ${tables}`, ip6tables: tables },
      { timeoutMs: 500 },
    );
    await made.logged();
    const before = performance.now();
    await made.opening.close();
    expect(performance.now() - before).toBeLessThan(3000);
    expect(made.lines.at(-1)).toMatchObject({
      level: "warn",
      fields: { err: { code: "PKT_FIREWALL_TIMEOUT" } },
    });
  });

  test("called twice removes once", async () => {
    const made = open(allLinux);
    await made.logged();
    await Promise.all([made.opening.close(), made.opening.close()]);
    expect(made.calls().filter((call) => call.includes("-D"))).toHaveLength(2);
  });
});

function messageOf(line: LogLine | undefined): string {
  const { err }: { err?: unknown } = line?.fields ?? {};
  return err instanceof Error ? err.message : "";
}
