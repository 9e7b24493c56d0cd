/** The library ws on `node:http`, as its documentation shows it. */
import { createServer } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import { HELLO } from "./_data.js";
import { build, listen } from "./_program.js";

build({ websocket: () => listen(makeServer()) });

function makeServer() {
  const server = createServer((_request, response) => {
    const body = JSON.stringify(HELLO);
    response.setHeader("Content-Type", "application/json; charset=utf-8");
    response.setHeader("Content-Length", Buffer.byteLength(body));
    response.end(body);
  });
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket, request) => {
    socket.on("error", () => {});
    if (request.url === "/echo")
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    else
      socket.on("message", (data, isBinary) => {
        for (const client of sockets.clients)
          if (client.readyState === WebSocket.OPEN) client.send(data, { binary: isBinary });
      });
  });
  return server;
}
