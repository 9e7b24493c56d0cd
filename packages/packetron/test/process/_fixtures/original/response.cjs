const path = require("node:path");
const { ServerResponse } = require("node:http");
const { Packetron, PacketronServerFlags, PacketronResponse, HttpResponseCode } = require("packetron");

const server = new Packetron({ port: 0, maxThreads: 1, flags: PacketronServerFlags.START_IMMEDIATELY });

const filePath = path.join(__dirname, "public", "page.html");

const senders = {
  json: (response) => response.sendJson({ a: 1 }),
  html: (response) => response.sendHtml("<h1>Hi</h1>"),
  text: (response) => response.sendTextPlain("hello"),
  "send-object": (response) => response.send({ a: 1 }),
  "send-text": (response) => response.send("hello"),
  ok: (response) => response.sendOk(),
  status: (response) => response.sendStatusCode(404),
  unauthorized: (response) => response.sendStatusCode(HttpResponseCode.UNAUTHORIZED), // 401
  file: (response) => response.sendFile(filePath),
  download: (response) => response.downloadFile(filePath),
  cookie: (response) => {
    response.setCookie("session", "abc", {
      maxAge: 3600,
      path: "/",
      httpOnly: true,
      secure: true,
      sameSite: "lax",
    });
    response.sendOk();
  },
  "no-cookie": (response) => {
    response.clearCookie("session", { path: "/" });
    response.sendOk();
  },
  kinds: (response) =>
    response.sendJson([response instanceof PacketronResponse, response instanceof ServerResponse]),
};

for (const [routePath, send] of Object.entries(senders)) {
  server.handle({ routePath, handler: (_request, response) => send(response) });
}

require("./_listen.cjs")(server);
