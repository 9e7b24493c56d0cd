/** The server of Express for its silent differences. */
import { once } from "node:events";
import express from "express";

const app = express();

app.get("/users/:id", (request, response) => response.json({ id: request.params.id }));
app.get("/users/me", (_request, response) => response.json("me"));
app.get("/status", (_request, response) => response.json({ status: "ok" }));
app.get("/query", (request, response) => response.json(request.query));
app.get("/ip", (request, response) => response.json(request.ip));
app.get("/number", (_request, response) => response.send(7));
app.get("/return", () => ({ returned: true }));
app.get("/broken", async () => {
  throw new Error("a secret");
});
app.get("/twice", (_request, response) => {
  response.json("first");
  try {
    response.json("second");
  } catch (error) {
    thrown = error.code;
  }
});
app.get("/thrown", (_request, response) => response.json(thrown));
app.post("/echo", express.json(), (request, response) => response.json({ body: request.body }));
app.post("/no-parser", (request, response) => response.json({ body: request.body }));
app.use("/folder", express.static("folder"));
app.get("/duplicate", (_request, response) => response.json("first"));
app.get("/duplicate", (_request, response) => response.json("last"));
app.get("/old", (_request, response) => response.redirect("/new"));
let thrown = "no error";

const listener = app.listen(0, "127.0.0.1");
await once(listener, "listening");
export const { port } = listener.address();
