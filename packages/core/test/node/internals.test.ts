import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../docs/_markdown.ts";

interface Row {
  /** The name in the table, such as `handle.writev()`. */
  readonly name: string;
  readonly files: readonly string[];
  readonly probe: string;
}

const core = join(root, "packages/core");
const table = readFileSync(join(core, "src/node/internals.ts"), "utf8");
const rows: readonly Row[] = [...table.matchAll(/^ \* \| (.*) \|$/gm)]
  .slice(2)
  .map(([, row = ""]) => row.split(" | "))
  .map(([name = "", , files = "", , probe = ""]) => ({
    name: codesIn(name)[0] ?? "",
    files: codesIn(files),
    probe: codesIn(probe)[0] ?? "",
  }));

function codesIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

/** The code of all packages without comments, by path. Files of `core` have the same paths as in the table. */
const sources: ReadonlyMap<string, string> = new Map(
  readdirSync(join(root, "packages")).flatMap((name) => {
    const folder = join(root, "packages", name, "src");
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file): [string, string] => [
        name === "core" ? file : `${name}/${file}`,
        readFileSync(join(folder, file), "utf8").replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, ""),
      ]);
  }),
);

/** The spelling in code of names whose last word alone is ambiguous. */
const spelling: Readonly<Record<string, RegExp>> = {
  "socket.parser.incoming": /\bparser\??\.incoming\b|"incoming" in/,
  "socket.server": /Reflect\.set\(socket, "server"/,
  "response.finished": /\bresponse\.finished\b/,
  "response[kOutHeaders]": /"kOutHeaders"/,
  ServerResponse: /noConstructorReturn|return request\.response;/,
  "IncomingMessage.prototype.headers": /\.prototype, "headers"/,
  "http.createServer.toString()": /String\(\w+\.createServer\)/,
  "new Socket({ handle, manualStart })": /Reflect\.construct\(Socket/,
  "handle.bytesRead": /"bytesRead" in/,
  "handle.bytesWritten": /"bytesWritten" in/,
  "server._handle": /Reflect\.get\(server, "_handle"\)/,
  "socket._handle": /socket\._handle|_handle: handle/,
  "server.closeIdleConnections()": /closeIdleConnections =/,
  'server.emit("listening")': /\.emit\("listening"\)/,
  "handle.writev()": /"writev" in|handle\.writev\(/,
};

function spellingOf({ name }: Row): RegExp {
  return spelling[name] ?? new RegExp(`\\b${/(\w+)(?:\(\))?$/.exec(name)?.[1]}\\b`);
}

/** Other names with a leading underscore: methods of streams, names of libraries, a property of types (`FlagsOf`). */
const foreign =
  /^_(?:read|write|final|destroy|transform|flush|mimeTypes|hparser|bsontype|_family|_proto__|_|total|OTHER)$/;

/** Names with a leading underscore that are not unused parameters. */
const PRIVATE = /(?:\.|["'])(_\w+)|(?<=\{ |declare |readonly |override |^ {2})(_\w+)(?=[(:;?]| [:}])/gm;

/** Names that are read as text, which the compiler cannot check. */
const REFLECTED = /Reflect\.(?:get|set|has|defineProperty)\((\w+), "(\w+)"/g;

describe("private names of Node", () => {
  test("are found in a plausible number, so the table was parsed correctly", () => {
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter(({ name, files, probe }) => !name || files.length === 0 || !probe)).toEqual([]);
  });

  test.each(rows.map((row) => [row.name, row] as const))(
    "%s is used only in the files of its row",
    (_name, row) => {
      const users = [...sources].filter(([, code]) => spellingOf(row).test(code)).map(([file]) => file);
      const known = ["node/internals.ts", "node/probe.ts", ...row.files]; // the types of the names, and their probe
      expect(users.filter((file) => !known.includes(file))).toEqual([]);
      expect(row.files.filter((file) => !users.includes(file))).toEqual([]);
    },
  );

  test.each(rows.map(({ name, probe }) => [name, probe] as const))("%s is probed by %s", (name, probe) => {
    if (probe.startsWith("test/")) expect(existsSync(join(core, probe))).toBe(true);
    else if (probe === "node/probe.ts") expect(sources.get(probe)).toMatch(probedAs(name));
    else
      expect([...sources.values()].some((code) => code.includes(`function ${probe.slice(0, -2)}(`))).toBe(
        true,
      );
  });

  test("are all in the table", () => {
    const words = rows.flatMap(({ name }) => name.match(/\w+/g) ?? []);
    const found = [...sources].flatMap(([file, code]) =>
      privateNames(code)
        .filter((name) => !words.includes(name))
        .map((name) => `${file}: ${name}`),
    );
    expect(found).toEqual([]);
  });

  test.each([
    ["request._body", ["_body"]],
    ["request?._body", ["_body"]],
    ["request['_body']", ["_body"]],
    ["  declare readonly _events: object;", ["_events"]],
    ["const { _handle: handle } = socket;", ["_handle"]],
    ['Reflect.get(socket, "ssl")', ["ssl"]],
    ['process.binding("tcp_wrap")', ["process.binding"]],
    ["function gate(_request, response) {}", []],
    ["override _read(size: number): void {}", []],
  ])("are found in %j", (code, names) => {
    expect(privateNames(code)).toEqual(names);
  });
});

/** The names in a piece of code that seem to be private. */
function privateNames(code: string): string[] {
  const members = [...code.matchAll(PRIVATE)].map(([, member, declared]) => member ?? declared ?? "");
  const asked = [...code.matchAll(REFLECTED)].filter(([, object = ""]) => NODE_OBJECTS.test(object));
  return [
    ...members.filter((name) => !foreign.test(name)),
    ...asked.map(([, , name = ""]) => name),
    ...(code.match(/process\.binding|internalBinding|_linkedBinding|expose-internals/g) ?? []),
  ];
}

/** The names of variables that hold objects of Node. */
const NODE_OBJECTS = /^(?:socket|server|request|response|parser|handle|net|http|https|process|stream)$/;

/** The spelling of a name in the probe. */
function probedAs(name: string): RegExp {
  if (name === "ServerResponse") return /the class of responses/;
  if (name === "http.createServer.toString()") return /String\(module\.createServer\)/;
  return new RegExp(`"${name.replace("()", "").replace(/[[\].]/g, "\\$&")}"`);
}
