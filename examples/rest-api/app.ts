/** The server: routes, limits, documentation. `server.ts` starts it, the test injects requests. */
import {
  HttpResponseCode,
  Packetron,
  PacketronPlugin,
  PacketronRequestMethod,
  refuse,
  type ServerOptions,
} from "packetron";
import { z } from "zod";
import { type Books, book, listQuery, newBook } from "./books.ts";

const { POST, PUT, DELETE } = PacketronRequestMethod;
const { CREATED, NOT_FOUND, NO_CONTENT, UNAUTHORIZED } = HttpResponseCode;

/** @param token What clients that write have to send: `Authorization: Bearer <token>`. */
export function createApp(books: Books, token: string, options: ServerOptions = {}): Packetron {
  const server = new Packetron({
    cors: { origin: ["http://localhost:5173"] },
    rateLimit: { limit: 1_000, window: 60_000 },
    openapi: {
      info: { title: "Books", version: "1.0.0" },
      page: { path: "docs", ui: "swagger-ui" },
    },
    ...options,
  });

  const isWriter = PacketronPlugin.create({
    handler: (request, response) => {
      if (request.headers.authorization !== `Bearer ${token}`) refuse(response, UNAUTHORIZED);
    },
  });

  const params = z.object({ id: z.coerce.number().int() });
  const api = server.group({ prefix: "books", docs: { tags: ["books"] } });
  const writing = api.group({ plugins: [isWriter] });

  api.handle({
    routePath: "",
    schema: { query: listQuery, response: z.array(book) },
    handler: ({ valid }, response) => response.sendJson(books.list(valid.query)),
  });
  api.handle({
    routePath: ":id",
    schema: { params, response: book },
    handler({ valid }, response) {
      const found = books.find(valid.params.id);
      if (found === undefined) return refuse(response, NOT_FOUND);
      response.sendJson(found);
    },
  });
  writing.handle({
    method: POST,
    routePath: "",
    schema: { body: newBook, response: book },
    docs: { tags: ["books"], responses: { 201: { description: "The new book" } } },
    handler: ({ valid }, response) => response.sendJson(books.add(valid.body), CREATED),
  });
  writing.handle({
    method: PUT,
    routePath: ":id",
    schema: { params, body: newBook, response: book },
    handler({ valid }, response) {
      const changed = books.replace(valid.params.id, valid.body);
      if (changed === undefined) return refuse(response, NOT_FOUND);
      response.sendJson(changed);
    },
  });
  writing.handle({
    method: DELETE,
    routePath: ":id",
    schema: { params },
    docs: { tags: ["books"], responses: { 204: { description: "The book was removed" } } },
    handler({ valid }, response) {
      if (!books.remove(valid.params.id)) return refuse(response, NOT_FOUND);
      response.sendStatusCode(NO_CONTENT);
    },
  });
  return server;
}
