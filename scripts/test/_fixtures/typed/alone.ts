// A TypeScript program that depends only on "packetron" has the options and methods of all packages.
import {
  bodyXml,
  type EndpointOptions,
  globalData,
  Packetron,
  PacketronConstants,
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
  PacketronPlugin,
  type PacketronPluginManager,
  PacketronPluginPriority,
  PacketronRequestMethod,
  type PacketronRoute,
  PacketronServerFlags,
  type ServerOptions,
  type UploadedFile,
} from "packetron";

declare module "packetron" {
  interface PacketronRequest {
    user?: { readonly name: string };
  }
  interface PacketronResponse {
    sendCsv(rows: readonly string[][]): void;
  }
}

const auth: PacketronPlugin = PacketronPlugin.create({
  priority: PacketronPluginPriority.EXTEMELY_HIGH,
  handler: async (request, response) => {
    request.user = { name: "Ada" };
    if ((await request.getCookie("session")) !== null) return false;
    response.sendStatusCode(401);
    return true;
  },
});

const options: ServerOptions = {
  port: 0,
  plugins: [auth],
  globalDataNamespace: "shop",
  globalDataDurability: "power",
  flags: PacketronServerFlags.OPEN_FIREWALL,
  capabilities: [bodyXml({ maxDepth: 10 }), globalData({ lockTimeout: 100 })],
};
const server = new Packetron(options);
const global: PacketronPluginManager = server.insertGlobalPlugin(auth).globalPlugins;

const limits: EndpointOptions = { plugins: [auth], maxRequestsPerSecond: 100, maxRequestSizeInBytes: null };
const route: PacketronRoute = server.handle({
  method: PacketronRequestMethod.POST,
  routePath: "upload/:name",
  flags: PacketronHandlerFlags.MULTIPART_FORM_DATA,
  multipartOptions: { maxFileSize: 10, maxParts: Infinity, onFile: (_name, stream) => void stream.resume() },
  ...limits,
  handler: async (request, response) => {
    const { photo } = await request.getFiles<{ photo?: UploadedFile }>();
    const name: string = request.params.name;
    if (request.user === undefined) return response.sendCsv([[name]]);
    if (photo === undefined || photo.truncated) return response.sendStatusCode(400);
    return response.downloadFile(photo.path, name, { cacheControl: "no-store" });
  },
});
auth.remove(route.plugins);

const { SERVE_DOTFILES, INDEX_HTML } = PacketronFileRouterFlags;
server.serve({ directory: "public", pathPrefix: "static", flags: SERVE_DOTFILES | INDEX_HTML, ...limits });
server.serveFile({ routePath: "robots.txt", filePath: "robots.txt", cacheControl: () => undefined });
const found: boolean = server.unserve({ directory: "public", pathPrefix: "static" });
PacketronConstants._mimeTypes[".gltf"] = "model/gltf+json";

server.setGlobalData("size", global.size);
const size: unknown = server.updateGlobalData("size", (value) =>
  found ? value : server.getGlobalData("size"),
);
server.deleteGlobalData(String(size));

// @ts-expect-error: a limit is a number
server.handle({ routePath: "a", maxRequestsPerSecond: "1", handler: () => undefined });
// @ts-expect-error: not an option of a form
server.handle({ routePath: "a", multipartOptions: { maxFile: 1 }, handler: () => undefined });
