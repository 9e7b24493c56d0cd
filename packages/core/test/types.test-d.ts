/**
 * Checks the public types. `tsc` is the test: a wrong type is an error, and so is a `@ts-expect-error` without an error
 * below it. This file never runs.
 */
import {
  type Capability,
  describeFlags,
  type FlagsOf,
  GateOrder,
  type Handler,
  Packetron,
  PacketronFileRouterFlags,
  PacketronHandlerFlags,
  type PacketronRequest,
  PacketronRequestMethod,
  type PacketronResponse,
  type PacketronRoute,
  PacketronServerFlags,
  type ParamsOf,
  type RequestMethod,
  type RouteGroup,
  type RouteOptions,
  type ServerOptions,
} from "@packetron/core";

/** Exact equality: `any` and optional or read-only properties make a difference. */
type Equal<One, Other> =
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

type Expect<Truth extends true> = Truth;

/** The types of the parameters of a path, inferred from its text. */
export type PathParameters = [
  Expect<Equal<ParamsOf<"users/:id">, { readonly id: string }>>,
  Expect<Equal<ParamsOf<"/users/:id">, { readonly id: string }>>,
  Expect<Equal<ParamsOf<"users/:id/">, { readonly id: string }>>,
  Expect<Equal<ParamsOf<":a/:b/:c">, { readonly a: string; readonly b: string; readonly c: string }>>,
  Expect<Equal<ParamsOf<"users/:id/files/*">, { readonly id: string; readonly "*": string }>>,
  Expect<Equal<ParamsOf<"*">, { readonly "*": string }>>,
  Expect<Equal<keyof ParamsOf<"users">, never>>,
  Expect<Equal<keyof ParamsOf<"">, never>>,
  Expect<Equal<keyof ParamsOf<"a:b/c*">, never>>,
  Expect<Equal<ParamsOf<string>, Readonly<Record<string, string>>>>,
  Expect<Equal<ParamsOf<`users/${string}`>, Readonly<Record<string, string>>>>,
  Expect<Equal<ParamsOf<`${string}/:id`>, Readonly<Record<string, string>>>>,
];

// Packages of capabilities add their members in this way.
declare module "@packetron/core" {
  interface EndpointOptions {
    /** An option of the type tests. */
    typeTestOption?: number;
  }
  interface ServerOptions {
    /** An option of the type tests. */
    typeTestServerOption?: "on" | "off";
  }
  interface Packetron {
    typeTestServerMethod(times: number): string;
  }
  interface PacketronRoute {
    typeTestRouteMethod(): boolean;
  }
  interface PacketronRequest {
    readonly typeTestUser: { readonly name: string } | null;
  }
  interface PacketronResponse {
    typeTestSend(text: string): void;
  }
}

declare const server: Packetron;
declare const anyPath: string;
declare const handler: Handler;

export function parameters(): void {
  server.handle({
    routePath: "users/:id/files/*",
    handler(request, response) {
      const { id, "*": rest } = request.params;
      const texts: [string, string] = [id, rest];
      // @ts-expect-error: the path has no such parameter
      const missing = request.params.name;
      // @ts-expect-error: parameters are read, not written
      request.params.id = "5";
      response.sendJson({ texts, missing });
    },
  });
  server.handle({
    routePath: "users",
    // @ts-expect-error: a path without parameters has no params
    handler: (request, response) => response.sendJson(request.params.id),
  });
  server.handle({
    routePath: anyPath,
    handler(request, response) {
      const value: string | undefined = request.params["whatever"];
      // @ts-expect-error: the path may not have the parameter
      const certain: string = request.params["whatever"];
      response.sendJson([value, certain]);
    },
  });
  server.handle({ routePath: "orders/:order", handler: async (request) => request.params.order.length });
  server.handle({ routePath: "orders/:order", handler });
}

/** A separate handler states its path, or its parameters. */
export const standalone: Handler<"users/:id"> = (request, response) =>
  response.sendTextPlain(request.params.id);
server.handle({ routePath: "users/:id", handler: standalone });
server.handle({ routePath: "users/:id/more/:what", handler: standalone });

export function options(): void {
  // @ts-expect-error: a route needs a path
  server.handle({ handler });
  // @ts-expect-error: a route needs a handler
  server.handle({ routePath: "a" });
  // @ts-expect-error: an unknown option
  server.handle({ routePath: "a", handler, maxRequestSize: 5 });
  // @ts-expect-error: methods are constants, not names
  server.handle({ routePath: "a", handler, method: "POST" });
  // @ts-expect-error: there is no such method
  server.handle({ routePath: "a", handler, method: 7 });
  // @ts-expect-error: flags are a number
  server.handle({ routePath: "a", handler, flags: "JSON_BODY" });
  // @ts-expect-error: a flag of the server, whose bit means something else on a route
  server.handle({ routePath: "a", handler, flags: PacketronServerFlags.IGNORE_TRAILING_SLASH });
  // @ts-expect-error: a flag of served files
  server.handle({ routePath: "a", handler, flags: PacketronFileRouterFlags.INDEX_HTML });
  // @ts-expect-error: a flag of routes
  new Packetron({ flags: PacketronHandlerFlags.JSON_BODY });
  // @ts-expect-error: a flag of another family has another name
  describeFlags("server", PacketronHandlerFlags.JSON_BODY);
  // @ts-expect-error: no such flag
  server.handle({ routePath: "a", handler, flags: PacketronHandlerFlags.JSON_BODDY });
  // @ts-expect-error: no such method
  server.handle({ routePath: "a", handler, method: PacketronRequestMethod.POTS });
  // @ts-expect-error: bytes are a number
  server.handle({ routePath: "a", handler, maxRequestSizeInBytes: "1mb" });
  // @ts-expect-error: the arguments of other frameworks
  server.handle("a", handler);
  // @ts-expect-error: paths are text
  server.handle({ routePath: /a/, handler });
  // @ts-expect-error: a port is a number
  new Packetron({ port: "3000" });
  // @ts-expect-error: an unknown option
  new Packetron({ prot: 3000 });
  // @ts-expect-error: dispatch is one of two words
  new Packetron({ dispatch: "fast" });
  // @ts-expect-error: capabilities are a list
  new Packetron({ capabilities: capability });
  // @ts-expect-error: the factory was not called
  new Packetron({ capabilities: [(): Capability => capability] });
  // @ts-expect-error: settings are read-only
  server.settings.port = 5;
  // @ts-expect-error: constants are read-only
  PacketronHandlerFlags.JSON_BODY = 5;

  new Packetron({
    port: 0,
    maxThreads: 1,
    capabilities: [capability],
    trustProxy: ["10.0.0.0/8"],
    defaultBodyLimit: null,
  });
  const { JSON_BODY, RAW_BODY } = PacketronHandlerFlags;
  const route: PacketronRoute = server.handle({
    method: PacketronRequestMethod.PATCH,
    routePath: "a",
    flags: JSON_BODY | RAW_BODY,
    maxRequestSizeInBytes: null,
    handler,
  });
  server.handle({ routePath: "a", handler, flags: PacketronHandlerFlags.JSON_BODY });
  server.handle({ routePath: "a", handler, flags: 1 << 20 });
  const ownFlag: FlagsOf<"handler"> = 1 << 20;
  server.handle({ routePath: "a", handler, flags: ownFlag });
  // @ts-expect-error: a flag of routes
  new Packetron({ flags: ownFlag });
  const method: RequestMethod = route.method;
  route.remove();
  const kept: RouteOptions = { routePath: anyPath, handler, method };
  server.handle(kept);
}

export const capability: Capability = {
  name: "types",
  install(host) {
    host.routeOption("typeTestOption", (value, route) => {
      // @ts-expect-error: values come from users and are unknown until they are checked
      const certain: number = value;
      host.gate(
        GateOrder.EARLY,
        (request) => request.typeTestUser === null && certain === route.flags,
        route,
      );
    });
    host.extend("server", "typeTestServerMethod", (times: number) => "x".repeat(times));
    host.extend("request", "typeTestUser", { get: () => null });
    host.bodyParser({
      flag: 1 << 20,
      name: "TEXT",
      mediaTypes: ["text/*"],
      form: "text",
      parse: (text) => text.length,
    });
    host.bodyParser({
      flag: 1 << 20,
      name: "TEXT",
      mediaTypes: [],
      form: "bytes",
      // @ts-expect-error: a parser of bytes gets a Buffer
      parse: (text: string) => text,
    });
    // @ts-expect-error: a parser must state its form
    host.bodyParser({ flag: 1 << 20, name: "TEXT", mediaTypes: [], parse: (text: string) => text });
    // @ts-expect-error: there are four targets
    host.extend("socket", "x", () => undefined);
    // @ts-expect-error: there are three families
    host.flag("route", "X", 1 << 20);
    const channel = host.channel<{ readonly count: number }>("types");
    channel.receive("primary", ({ count }, from) => count.toFixed(from));
    // @ts-expect-error: the message is not of the channel's type
    channel.sendToPrimary({ count: "5" });
  },
};

export function additions(): void {
  const serverOptions: ServerOptions = { typeTestServerOption: "on" };
  // @ts-expect-error: not a value of the added option
  serverOptions.typeTestServerOption = "maybe";
  const text: string = new Packetron(serverOptions).typeTestServerMethod(5);
  const route = server.handle({
    routePath: "users/:id",
    typeTestOption: 5,
    handler(request, response) {
      response.typeTestSend(request.typeTestUser?.name ?? request.params.id);
      // @ts-expect-error: no package has added this
      response.sendFileTwice("a");
    },
  });
  const flag: boolean = route.typeTestRouteMethod();
  // @ts-expect-error: not a value of the added option
  server.handle({ routePath: "a", handler, typeTestOption: "5" });
  server.onNotFound((request, response) =>
    response.sendTextPlain(`${request.typeTestUser?.name} ${text} ${flag}`),
  );
}

export async function requests(request: PacketronRequest, response: PacketronResponse): Promise<void> {
  const unchecked: unknown = await request.getBody();
  const body = await request.getBody<{ name: string }>();
  // @ts-expect-error: there may be no body
  body.name.trim();
  const name: string | undefined = body?.name;
  const cookie: string | null = await request.getCookie("session");
  const page: string | undefined = request.query["page"];
  response.sendJson({ unchecked, name, cookie, page });
}

export function events(): void {
  server.on("listening", (address) => address.port.toFixed());
  server.on("error", (error) => {
    // @ts-expect-error: a thrown value is unknown
    error.message.trim();
  });
  // @ts-expect-error: no such event
  server.on("listen", () => undefined);
}

/** Groups: the parameters of prefixes and path, and `null` for what a route clears. */
export function groups(): void {
  const shops = server.group({
    prefix: "v1/shops/:shop",
    flags: PacketronHandlerFlags.JSON_BODY,
    typeTestOption: 1,
  });
  shops.handle({
    routePath: "orders/:id",
    handler({ params }) {
      const exact: Equal<typeof params, { readonly shop: string; readonly id: string }> = true;
      // @ts-expect-error: the path has no such parameter
      return [exact, params.name];
    },
  });
  shops.group({ prefix: ":item/", method: PacketronRequestMethod.PUT }).handle({
    routePath: "*",
    typeTestOption: null,
    flags: null,
    handler: ({ params }) => [params.shop, params.item, params["*"]],
  });
  server
    .group({})
    .group({ flags: 0 })
    .handle({
      routePath: ":id",
      handler({ params }) {
        const exact: Equal<typeof params, { readonly id: string }> = true;
        return exact;
      },
    });
  addAnywhere(shops);
  addAnywhere(server.group({}));
  // @ts-expect-error: a group has a prefix, and no path
  server.group({ routePath: "v1" });
  // @ts-expect-error: a server flag
  server.group({ flags: PacketronServerFlags.STOP_ON_ERROR });
  // @ts-expect-error: wrong type
  shops.handle({ routePath: "a", handler, typeTestOption: "1" });
}

/** A part of a program that does not know the prefix. */
function addAnywhere(group: RouteGroup): void {
  group.handle({
    routePath: "status/:name",
    handler: (request, response) => response.send(request.params["name"]),
  });
}
