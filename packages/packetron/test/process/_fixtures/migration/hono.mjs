/** The server of Hono for its silent differences. */
import { once } from "node:events";
import { serve } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";

const app = new Hono();

app.get("/users/:id", (context) => context.json({ id: context.req.param("id") }));
app.get("/users/me", (context) => context.json("me"));
app.get("/status", (context) => context.json({ status: "ok" }));
app.get("/query", (context) => context.json({ a: context.req.query("a") }));
app.get("/duplicate", (context) => context.json("first"));
app.get("/duplicate", (context) => context.json("last"));
app.get("/ignored", () => ({ returned: true }));
app.get("/broken", async () => {
  throw new Error("a secret");
});
app.post("/echo", async (context) => context.json({ body: await context.req.json() }));
app.post("/no-parser", async (context) => context.json({ body: await context.req.json() }));
app.use("/folder/*", serveStatic({ root: "." }));

const listener = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
if (!listener.listening) await once(listener, "listening");
export const { port } = listener.address();
