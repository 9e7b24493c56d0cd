/** A shop on two workers: products and photos, deliveries that a supplier reports, live updates of the stock. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { Packetron, PacketronHandlerFlags, PacketronPlugin, PacketronRequestMethod, refuse } from "packetron";
import { pino } from "pino";
import { z } from "zod";
import { Store } from "./store.ts";

const { PORT = "3000", DATA = "data", WEBHOOK_SECRET = "secret" } = process.env;
const { POST, PUT, DELETE } = PacketronRequestMethod;
const { SEND_RETURN_VALUE, FILE_UPLOAD, REJECT_ON_LIMIT, XML_BODY, RAW_BODY } = PacketronHandlerFlags;
const store = new Store(DATA);
const server = new Packetron({
  port: Number(PORT),
  maxThreads: 2,
  defaultRouteFlags: SEND_RETURN_VALUE,
  logger: pino({ name: "shop" }),
  accessLog: true,
  cors: { origin: ["http://localhost:5173"] },
  compress: true,
  rateLimit: { limit: 1_000, window: 60_000 },
  health: { checks: { database: () => store.check() } },
  metrics: true,
  openapi: { info: { title: "Shop", version: "1.0.0" }, page: { path: "docs", ui: "swagger-ui" } },
});

const isEditor = PacketronPlugin.create({
  handler({ headers }, response) {
    const role = store.roleOf(headers.authorization?.replace(/^Bearer /, "") ?? "");
    if (role !== "editor") refuse(response, role === undefined ? 401 : 403, { "WWW-Authenticate": "Bearer" });
  },
});
const isSigned = PacketronPlugin.create({
  async handler(request, response) {
    const expected = createHmac("sha256", WEBHOOK_SECRET)
      .update((await request.getRawBody()) ?? "")
      .digest();
    const given = Buffer.from(String(request.headers["x-signature"]), "hex");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) refuse(response, 401);
  },
});

const newProduct = z.object({ name: z.string().min(1).max(200), stock: z.int().min(0) });
const product = newProduct.extend({ id: z.int(), photo: z.string().nullable() });
const params = z.object({ id: z.coerce.number().int() });
const products = server.group({ prefix: "products", schema: { params, response: product } });
const editing = products.group({ plugins: [isEditor] });

products.handle({ routePath: "", schema: { response: z.array(product) }, handler: () => store.list() });
products.handle({ routePath: ":id", handler: ({ valid }) => store.find(valid.params.id) });
editing.handle({
  method: POST,
  routePath: "",
  schema: { body: newProduct, response: product },
  handler: ({ valid }, response) => response.sendJson(store.add(valid.body), 201),
});
editing.handle({
  method: PUT,
  routePath: ":id",
  schema: { params, body: newProduct, response: product },
  handler: ({ valid }) => store.replace(valid.params.id, valid.body),
});
editing.handle({ method: DELETE, routePath: ":id", handler: ({ valid }) => store.remove(valid.params.id) });
editing.handle({
  method: PUT,
  routePath: ":id/photo",
  flags: FILE_UPLOAD | REJECT_ON_LIMIT,
  multipartOptions: { maxFileSize: 20 * 1024 ** 2, maxFiles: 1, fileStorageDirectory: store.uploads },
  async handler(request, response) {
    const { photo } = await request.getFiles<{ photo?: string }>();
    if (photo === undefined) return refuse(response, 400);
    return store.addPhoto(request.valid.params.id, photo);
  },
});

server.handle({
  method: POST,
  routePath: "deliveries",
  flags: XML_BODY | RAW_BODY,
  plugins: [isSigned],
  schema: { body: z.object({ delivery: z.object({ product: z.int(), amount: z.int().min(1) }) }) },
  handler({ valid }, response) {
    server.broadcast("stock", store.deliver(valid.body.delivery));
    response.sendOk();
  },
});
server.handle({
  routePath: "stock",
  handler: (_request, response) =>
    response.sendEvents((events) => server.subscribe("stock", (data) => events.send({ data }))),
});
server.handle({
  routePath: "visits",
  handler: async () => ({ visits: await server.shared.add("visits", 1) }),
});
server.serve({ directory: `${import.meta.dirname}/public`, index: ["index.html"] });
server.serve({ directory: store.photos, pathPrefix: "photos" });

server.onStop(() => store.close());
await server.start();
if (server.isPrimary) console.log(`Open http://127.0.0.1:${server.port}`);
