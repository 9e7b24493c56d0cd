/** The WebSockets of Bun, run by Bun. */
const server = Bun.serve({
  ...{ hostname: "127.0.0.1", port: 0 },
  fetch: (request, server) => void server.upgrade(request, { data: new URL(request.url).pathname }),
  websocket: {
    open(socket) {
      if (socket.data === "/all") socket.subscribe("all");
    },
    message(socket, data) {
      if (socket.data === "/echo") socket.send(data);
      else server.publish("all", data);
    },
  },
});
process.stdout.write(`${server.port}\n`);
