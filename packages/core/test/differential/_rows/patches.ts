/** Own properties that libraries and programs set on request and response. */
import { GET, type Row, type RowHandler } from "../_row.ts";

/** Patches a method of the instance, like on-headers, morgan, compression and express-session. */
function patched(name: "end" | "write" | "writeHead", answer: RowHandler): RowHandler {
  return (request, response, stage) => {
    const original = response[name];
    Reflect.set(response, name, function patch(this: unknown, ...parameters: unknown[]) {
      stage.note(`patched ${name}(${parameters.map((value) => typeof value).join()})`);
      if (name === "writeHead" && !response.headersSent) response.setHeader("X-Patched", "yes");
      return Reflect.apply(original, response, parameters);
    });
    return answer(request, response, stage);
  };
}

const answers: readonly (readonly [name: string, handler: RowHandler])[] = [
  ["sendJson()", (_request, response) => response.sendJson({ a: 1 })],
  ["sendOk()", (_request, response) => response.sendOk()],
  ["sendStatusCode(204)", (_request, response) => response.sendStatusCode(204)],
  ["end()", (_request, response) => void response.end("end")],
  [
    "write() and end()",
    (_request, response) => {
      response.write("one, ");
      response.end("two");
    },
  ],
  ["writeHead() and end()", (_request, response) => void response.writeHead(201).end("end")],
];

/** One row for each patched method and way to answer. */
export const patches: readonly Row[] = [
  ...(["end", "write", "writeHead"] as const).flatMap((name) =>
    answers.map(
      ([answerName, answer]): Row => ({
        name: `a patched ${name}() and ${answerName}`,
        handler: patched(name, answer),
        client: (client) => client.send(GET + GET).answers(2),
        watches: ["never", "before", "after"],
      }),
    ),
  ),
  {
    name: "a patched end() that changes the body",
    handler: (_request, response) => {
      const end = response.end;
      Reflect.set(response, "end", (chunk: unknown) => {
        response.setHeader("Content-Length", String(chunk).length + 1);
        return Reflect.apply(end, response, [`${String(chunk)}!`]);
      });
      response.sendTextPlain("hello");
    },
  },
  {
    name: "a patched end() that ends later",
    handler: (_request, response, stage) => {
      const end = response.end;
      Reflect.set(response, "end", (...parameters: unknown[]) => {
        stage.later(5, () => Reflect.apply(end, response, parameters));
        return response;
      });
      response.sendTextPlain("hello");
    },
    client: (client) => client.send(GET + GET).answers(2),
  },
  {
    name: "a patched end() that removes itself",
    handler: (_request, response) => {
      const end = response.end;
      Reflect.set(response, "end", (...parameters: unknown[]) => {
        Reflect.set(response, "end", end);
        return Reflect.apply(end, response, parameters);
      });
      response.sendTextPlain("hello");
    },
  },
  {
    name: "a patched setHeader()",
    handler: (_request, response, stage) => {
      const setHeader = response.setHeader;
      Reflect.set(response, "setHeader", (name: string, value: string) => {
        stage.note(`set ${name}`);
        return Reflect.apply(setHeader, response, [name, value]);
      });
      response.setHeader("X-A", "1");
      response.sendJson({});
    },
  },
  {
    name: "a patched emit()",
    handler: (_request, response, stage) => {
      const emit = response.emit;
      Reflect.set(response, "emit", (event: string, ...parameters: unknown[]) => {
        if (event === "finish" || event === "close") stage.note(`emit ${event}`);
        return Reflect.apply(emit, response, [event, ...parameters]);
      });
      response.sendJson({});
    },
  },
  {
    name: "a patched on()",
    handler: (_request, response, stage) => {
      const on = response.on;
      let called = false; // Packetron may call it once more
      Reflect.set(response, "on", (...parameters: unknown[]) => {
        called = true;
        return Reflect.apply(on, response, parameters);
      });
      response.on("finish", () => stage.note("finish"));
      stage.note(`called ${called}`);
      response.sendJson({});
    },
  },
  {
    name: "a wrapped sender",
    handler: (_request, response, stage) => {
      const sendJson = response.sendJson;
      response.sendJson = (value) => {
        stage.note("wrapped");
        Reflect.apply(sendJson, response, [{ wrapped: value }]);
      };
      response.sendJson({ a: 1 });
    },
  },
  {
    name: "own properties that never reach the next request",
    handler: (request, response, stage) => {
      stage.note(`${"user" in request} ${"locals" in response}`);
      Object.assign(request, { user: "me", body: "mine" });
      Object.assign(response, { locals: {} });
      response.sendJson({});
    },
    client: (client) => client.send(GET + GET + GET).answers(3),
  },
];
