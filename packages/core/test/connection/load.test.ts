import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { Load } from "../../src/connection/load.ts";
import { createDeferred } from "../../src/node/deferred.ts";
import { Packetron } from "../../src/server/packetron.ts";

const GET = "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n";

for (const dispatch of ["direct", "standard"] as const) {
  test(`the load of a server with ${dispatch} dispatch counts connections, requests in flight and answers`, async () => {
    const arrived = createDeferred<void>();
    const release = createDeferred<void>();
    const server = new Packetron({ port: 0, host: "127.0.0.1", maxThreads: 1, dispatch, flags: 8 });
    server.handle({
      routePath: "slow",
      handler: async (_request, response) => {
        arrived.resolve();
        await release.promise;
        response.sendOk();
      },
    });
    await server.start();
    const { load } = server;
    expect(load).toEqual(new Load());

    const socket = connect(Number(server.port), "127.0.0.1");
    socket.write(GET);
    await arrived.promise;
    expect(load).toEqual({ connections: 1, upgraded: 0, inFlight: 1, requests: 0 });

    release.resolve();
    await once(socket, "data");
    expect(load).toEqual({ connections: 1, upgraded: 0, inFlight: 0, requests: 1 });

    socket.end();
    await server.stop();
    expect(load).toEqual({ connections: 0, upgraded: 0, inFlight: 0, requests: 1 });
    expect(server.load).toBe(load);
  });
}
