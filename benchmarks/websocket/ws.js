/** The library ws as its documentation shows it, in one process. */
import { createServer } from "node:http";
import { WebSocket, WebSocketServer } from "ws";

const http = createServer();
const sockets = new WebSocketServer({ server: http });
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
http.listen(0, "127.0.0.1", 4_096, () => process.stdout.write(`${http.address().port}\n`));
