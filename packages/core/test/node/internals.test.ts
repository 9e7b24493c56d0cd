import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../docs/_markdown.ts";

interface Row {
  /** As the table has it, `handle.writev()`. */
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

/** Code of all packages without its comments, by path: `core` files as the table has them. */
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

/** How a name of the table is written in code, where its last word alone says too little. */
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
  "server._handle": /Reflect\.get\(server, "_handle"\)/,
  "socket._handle": /socket\._handle|_handle: handle/,
  "server.closeIdleConnections()": /closeIdleConnections =/,
  'server.emit("listening")': /\.emit\("listening"\)/,
  "handle.writev()": /"writev" in|handle\.writev\(/,
};

function spellingOf({ name }: Row): RegExp {
  return spelling[name] ?? new RegExp(`\\b${/(\w+)(?:\(\))?$/.exec(name)?.[1]}\\b`);
}

/** Names of others that begin like Node's: methods that Node documents for those who write streams, and libraries. */
const foreign = /^_(?:read|write|final|destroy|transform|flush|mimeTypes|hparser|bsontype|_proto__)$/;

/** What begins with an underscore and is not a parameter that is left unused. */
const PRIVATE = /(?:\.|["'])(_\w+)|(?<=\{ |declare |readonly |override |^ {2})(_\w+)(?=[(:;?]| [:}])/gm;

/** Names that are asked for as text: the compiler does not know them. */
const REFLECTED = /Reflect\.(?:get|set|has|defineProperty)\((\w+), "(\w+)"/g;

describe("private names of Node", () => {
  test("are many enough for the table to be read right", () => {
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter(({ name, files, probe }) => !name || files.length === 0 || !probe)).toEqual([]);
  });

  test.each(rows.map((row) => [row.name, row] as const))(
    "%s stands in the files of its row alone",
    (_name, row) => {
      const users = [...sources].filter(([, code]) => spellingOf(row).test(code)).map(([file]) => file);
      const known = ["node/internals.ts", "node/probe.ts", ...row.files]; // the types of names, and the look at them
      expect(users.filter((file) => !known.includes(file))).toEqual([]);
      expect(row.files.filter((file) => !users.includes(file))).toEqual([]);
    },
  );

  test.each(rows.map(({ name, probe }) => [name, probe] as const))("%s is tried by %s", (name, probe) => {
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
  ])("would be found in %j", (code, names) => {
    expect(privateNames(code)).toEqual(names);
  });
});

/** The names in a piece of code that look private. */
function privateNames(code: string): string[] {
  const members = [...code.matchAll(PRIVATE)].map(([, member, declared]) => member ?? declared ?? "");
  const asked = [...code.matchAll(REFLECTED)].filter(([, object = ""]) => NODE_OBJECTS.test(object));
  return [
    ...members.filter((name) => !foreign.test(name)),
    ...asked.map(([, , name = ""]) => name),
    ...(code.match(/process\.binding|internalBinding|_linkedBinding|expose-internals/g) ?? []),
  ];
}

/** What variables that hold objects of Node are called. */
const NODE_OBJECTS = /^(?:socket|server|request|response|parser|handle|net|http|https|process|stream)$/;

/** How the probe writes a name. */
function probedAs(name: string): RegExp {
  if (name === "ServerResponse") return /the class of responses/;
  if (name === "http.createServer.toString()") return /String\(module\.createServer\)/;
  return new RegExp(`"${name.replace("()", "").replace(/[[\].]/g, "\\$&")}"`);
}
