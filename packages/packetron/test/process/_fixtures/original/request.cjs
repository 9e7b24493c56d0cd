const { Packetron, PacketronServerFlags, PacketronRequestMethod, PacketronRequest } = require("packetron");
const { IncomingMessage } = require("node:http");

const server = new Packetron({ port: 0, maxThreads: 1, flags: PacketronServerFlags.START_IMMEDIATELY });

async function show(request, response) {
  const query = await request.getQueryParams();
  const cookies = await request.getCookies();
  response.sendJson({
    body: await request.getBody(),
    files: await request.getFiles(),
    query,
    sameQuery: query === (await request.getQueryParams()),
    cookies,
    sameCookies: cookies === (await request.getCookies()),
    session: await request.getCookie("session"),
    missing: await request.getCookie("missing"),
    ip: await request.getIp(),
    hasBody: request.hasBody(),
    url: request.url,
    kinds: [request instanceof PacketronRequest, request instanceof IncomingMessage],
  });
}

server.handle({ method: PacketronRequestMethod.GET, routePath: "show", handler: show });
server.handle({ method: PacketronRequestMethod.POST, routePath: "show", handler: show });

require("./_listen.cjs")(server);
