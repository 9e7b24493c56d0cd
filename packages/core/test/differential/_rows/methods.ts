/** Methods of the response that end direct dispatch. */
import { finished, pipeline, Readable } from "node:stream";
import { GET, POST, type Row, requestOf } from "../_row.ts";

const TWO_GETS = (client: Parameters<NonNullable<Row["client"]>>[0]): unknown =>
  client.send(GET + GET).answers(2);

/** Rows for each method, alone and in combination with other calls. */
export const methods: readonly Row[] = [
  {
    name: "end() with a text",
    handler: (_request, response, stage) => stage.attempt("end", () => response.end("hello")),
  },
  {
    name: "end() without a body",
    handler: (_request, response, stage) => stage.attempt("end", () => response.end()),
  },
  {
    name: "end() with bytes, an encoding and a callback",
    handler: (_request, response, stage) => {
      response.end(Buffer.from("bytes"), () => stage.note("end called back"));
      stage.snapshot("after end()");
    },
  },
  {
    name: "end() with hex text",
    handler: (_request, response) => void response.end("68656c6c6f", "hex"),
  },
  {
    name: "end() in pipelines",
    handler: (_request, response) => void response.end("hello"),
    client: TWO_GETS,
  },
  {
    name: "end() twice",
    handler: (_request, response, stage) => {
      response.end("one");
      stage.attempt("second end", () => response.end("two", () => stage.note("second end called back")));
      stage.attempt("third end", () => response.end(() => stage.note("third end called back")));
    },
  },
  {
    name: "write() and end()",
    handler: (_request, response, stage) => {
      stage.attempt("write", () => response.write("one, "));
      stage.snapshot("between");
      stage.attempt("write", () =>
        response.write(Buffer.from("two, "), () => stage.note("write called back")),
      );
      stage.attempt("end", () => response.end("three"));
    },
  },
  {
    name: "write() and a later end()",
    handler: (_request, response, stage) => {
      response.write("one, ");
      stage.later(5, () => response.end("two"));
    },
    client: TWO_GETS,
  },
  {
    name: "write() with a known length",
    handler: (_request, response) => {
      response.setHeader("Content-Length", 6);
      response.write("abc");
      response.end("def");
    },
  },
  {
    name: "write() of nothing, of null and of a number",
    handler: (_request, response, stage) => {
      stage.attempt("nothing", () => response.write(""));
      stage.attempt("null", () => Reflect.apply(response.write, response, [null]));
      stage.attempt("number", () => Reflect.apply(response.write, response, [7]));
      response.end("end");
    },
  },
  {
    name: "write() after end()",
    watches: ["never", "after", "late"],
    handler: (_request, response, stage) => {
      response.end("one");
      stage.attempt("write", () => response.write("two"));
    },
  },
  {
    name: "writeHead() and end()",
    handler: (_request, response, stage) => {
      stage.attempt("writeHead", () => response.writeHead(201, { "X-A": "1" }));
      stage.snapshot("between");
      response.end("made");
    },
  },
  {
    name: "writeHead() with a reason and a list of headers",
    handler: (_request, response) => {
      response.setHeader("X-Before", "0");
      response.writeHead(202, "Fine By Me", ["X-A", "1", "X-B", "2"]).end("fine");
    },
  },
  {
    name: "writeHead() twice",
    handler: (_request, response, stage) => {
      response.writeHead(200);
      stage.attempt("writeHead", () => response.writeHead(201));
      response.end();
    },
  },
  {
    name: "writeHead() and a sender",
    handler: (_request, response) => {
      response.writeHead(203, { "X-A": "1" });
      response.sendTextPlain("text");
    },
  },
  {
    name: "writeHead() with invalid statuses",
    handler: (_request, response, stage) => {
      for (const status of [0, 99, 1000, "200x", null, undefined, Number.NaN])
        stage.attempt(String(status), () => Reflect.apply(response.writeHead, response, [status]));
      response.end("survived");
    },
  },
  {
    name: "flushHeaders()",
    handler: (_request, response, stage) => {
      response.setHeader("X-A", "1");
      stage.attempt("flushHeaders", () => response.flushHeaders());
      stage.snapshot("flushed");
      stage.attempt("setHeader", () => response.setHeader("X-B", "2"));
      response.end("late");
    },
  },
  {
    name: "flushHeaders() and a sender",
    handler: (_request, response) => {
      response.flushHeaders();
      response.sendJson({ too: "late" });
      response.end();
    },
  },
  {
    name: "a stream that is piped into the response",
    handler: (_request, response, stage) => {
      const source = Readable.from(["one, ", "two"]);
      stage.attempt("pipe", () => source.pipe(response) === response);
    },
    client: TWO_GETS,
  },
  {
    name: "stream.pipeline() into the response",
    handler: (_request, response, stage) => {
      pipeline(Readable.from(["one, ", "two"]), response, (error) =>
        stage.note(`pipeline: ${String(error?.message)}`),
      );
    },
    client: TWO_GETS,
  },
  {
    name: "stream.pipeline() of a source that fails",
    closes: true,
    handler: (_request, response, stage) => {
      const source = new Readable({
        read() {
          this.push("part");
          this.destroy(new Error("broken"));
        },
      });
      pipeline(source, response, (error) => stage.note(`pipeline: ${String(error?.message)}`));
    },
  },
  {
    name: "cork() and uncork()",
    handler: (_request, response, stage) => {
      stage.attempt("cork", () => response.cork());
      response.write("one, ");
      stage.note(`corked ${response.writableCorked}`);
      stage.attempt("uncork", () => response.uncork());
      response.end("two");
    },
  },
  {
    name: "cork() and a sender",
    handler: (_request, response, stage) => {
      response.cork();
      response.sendTextPlain("corked");
      stage.note(`corked ${response.writableCorked}`);
      response.uncork();
    },
  },
  {
    name: "addTrailers() after a chunked body",
    handler: (_request, response) => {
      response.setHeader("Trailer", "X-Sum");
      response.write("body");
      response.addTrailers({ "X-Sum": "4" });
      response.end();
    },
  },
  {
    name: "addTrailers() and a sender",
    handler: (_request, response, stage) => {
      stage.attempt("addTrailers", () => response.addTrailers({ "X-Sum": "4" }));
      response.sendTextPlain("body");
    },
  },
  {
    name: "writeContinue() and a sender",
    handler: (_request, response, stage) => {
      stage.attempt("writeContinue", () => response.writeContinue(() => stage.note("written")));
      response.sendTextPlain("body");
    },
    client: (client) => client.send(POST).answers(1),
  },
  {
    name: "writeProcessing() and a sender",
    handler: (_request, response, stage) => {
      stage.attempt("writeProcessing", () => response.writeProcessing());
      response.sendTextPlain("body");
    },
  },
  {
    name: "writeEarlyHints() and a sender",
    handler: (_request, response, stage) => {
      response.writeEarlyHints({ link: "</a.css>; rel=preload" }, () => stage.note("hinted"));
      response.sendTextPlain("body");
    },
  },
  {
    name: "destroy() in place of an answer",
    closes: true,
    handler: (_request, response, stage) => {
      stage.attempt("destroy", () => response.destroy());
      stage.snapshot("destroyed");
    },
  },
  {
    name: "destroy() with an error in place of an answer",
    closes: true,
    handler: (_request, response) => void response.destroy(new Error("mine")),
  },
  {
    name: "destroy() in the middle of an answer",
    closes: true,
    handler: (_request, response) => {
      response.write("part");
      setImmediate(() => response.destroy());
    },
  },
  {
    // Not after a direct answer, whose connection already belongs to the next request.
    name: "destroy() after a sender",
    watches: ["before"],
    closes: true,
    handler: (_request, response, stage) => {
      response.sendTextPlain("whole");
      stage.attempt("destroy", () => response.destroy());
      stage.snapshot("destroyed");
    },
  },
  {
    name: "a sender after destroy()",
    closes: true,
    handler: (_request, response, stage) => {
      response.destroy();
      stage.attempt("sendJson", () => response.sendJson({}));
    },
  },
  {
    name: "destroy() of the request in place of an answer",
    closes: true,
    handler: (request, _response, stage) => {
      stage.attempt("destroy", () => request.destroy());
    },
  },
  {
    name: "destroy() of the socket in place of an answer",
    closes: true,
    handler: (request) => void request.socket.destroy(),
  },
  {
    name: "end() of the socket in place of an answer",
    closes: true,
    handler: (request) => void request.socket.end(),
  },
  {
    name: "setTimeout() of the response, and an answer",
    handler: (_request, response, stage) => {
      stage.attempt("setTimeout", () => response.setTimeout(50, () => stage.note("timed out")));
      response.sendTextPlain("in time");
    },
  },
  {
    name: "setTimeout() of the response that fires",
    handler: (_request, response, stage) => {
      response.setTimeout(60, () => {
        stage.note("timed out");
        response.sendTextPlain("late");
      });
    },
  },
  {
    name: "setTimeout() of the response without a listener",
    watches: ["never", "request before"],
    closes: true,
    handler: (_request, response) => void response.setTimeout(60),
  },
  {
    // Node calls the listeners of a complete request only when the response has none, and closes when neither has any.
    name: "setTimeout() of the request that fires",
    watches: ["never", "request before"],
    closes: true,
    handler: (request, response, stage) => {
      request.setTimeout(60, () => {
        stage.note("timed out");
        response.sendTextPlain("late");
      });
    },
  },
  {
    name: "stream.finished() of the response before the answer",
    handler: (_request, response, stage) => {
      finished(response, (error) => stage.note(`mine: ${String(error)}`));
      response.sendTextPlain("done");
    },
  },
  {
    name: "stream.finished() of the response after the answer",
    differs: "late listeners of several events are called in another order",
    handler: (_request, response, stage) => {
      response.sendTextPlain("done");
      finished(response, (error) => stage.note(`mine: ${String(error)}`));
    },
  },
  {
    name: "assignSocket() and detachSocket() of Node",
    handler: (request, response, stage) => {
      stage.attempt("assignSocket", () => response.assignSocket(request.socket));
      response.sendTextPlain("mine");
    },
  },
  {
    name: "an answer of a HEAD request by end()",
    handler: (_request, response, stage) => {
      stage.attempt("write", () => response.write("unseen"));
      response.end("unseen too");
    },
    client: (client) => client.send(requestOf("HEAD /")).answers(1),
  },
  {
    name: "strictContentLength with too few bytes",
    watches: ["never"],
    handler: (_request, response, stage) => {
      response.strictContentLength = true;
      response.setHeader("Content-Length", 3);
      stage.attempt("end", () => response.end("longer"));
      if (!response.writableEnded) response.end("abc");
    },
  },
];
