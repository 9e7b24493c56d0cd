import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { getCookie } from "hono/cookie";
import { streamSSE } from "hono/streaming";
import { HEARTBEAT, HELLO, RESPONSE_HEADERS, ROUTE_NAMES } from "./_data.js";
import { announce, build, makeEventSource, middlewares, wait } from "./_program.js";

const app = new Hono();

await build({
  json: answerHello,
  events: () => {
    answerHello();
    const streams = makeEventSource();
    app.get("/events", (context) =>
      streamSSE(context, async (stream) => {
        const send = () => stream.writeSSE({ data: JSON.stringify(HELLO) });
        stream.onAbort(() => streams.delete(send));
        await send();
        streams.add(send);
        while (!stream.aborted) {
          await stream.sleep(HEARTBEAT);
          await stream.write(":\n\n");
        }
      }),
    );
  },
  browser: () =>
    app.get("/page", (context) => {
      const { session, theme } = getCookie(context);
      return context.json({ session, theme }, 200, RESPONSE_HEADERS);
    }),
  routes: () => {
    for (const name of ROUTE_NAMES)
      app.get(`/${name}/:id`, (context) => context.json({ name, id: context.req.param("id") }));
  },
  echo: () => app.post("/echo", async (context) => context.json(await context.req.json())),
  validate: async () => {
    const { zValidator } = await import("@hono/zod-validator");
    const { orderSchema } = await import("./_order-schema.js");
    app.post("/orders", zValidator("json", orderSchema), (context) =>
      context.json(context.req.valid("json")),
    );
  },
  async: () =>
    app.get("/json", async (context) => {
      await wait();
      return context.json(HELLO);
    }),
  "plugins-1": withMiddlewares,
  "plugins-3": withMiddlewares,
});

app.notFound((context) => context.body(null, 404, { "Content-Length": "0" }));
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => announce(port));

function answerHello() {
  app.get("/json", (context) => context.json(HELLO));
}

function withMiddlewares() {
  for (const middleware of middlewares(createMiddleware)) app.use(middleware);
  answerHello();
}

function createMiddleware(name) {
  return async (context, next) => {
    if (context.req.header(name) !== undefined) return context.body(null, 403);
    await next();
  };
}
