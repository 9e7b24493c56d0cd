const { Packetron } = require("packetron");

const server = new Packetron({ port: 0, host: "127.0.0.1", maxThreads: 2, flags: 0, plugins: [] });

server.handle({
  routePath: "stop",
  handler: (_request, response) => {
    response.sendOk();
    server.stop(); // a worker asks the primary to stop all of them
  },
});

require("./_listen.cjs")(server);

async function main() {
  await server.start(); // forks workers if maxThreads > 1
}

main();
