import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createDeferred } from "../../src/node/deferred.ts";
import {
  closeCopy,
  peerAddress,
  type RawConnection,
  receiveConnection,
  SOCKET_OPTIONS,
  takeConnections,
} from "../../src/node/raw-connection.ts";

async function listening(): Promise<Server> {
  const server = createServer({ pauseOnConnect: true, ...SOCKET_OPTIONS }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return server;
}

/** Connects to a server, and returns both ends. */
async function connectTo(server: Server, take = takeConnections): Promise<[Socket, RawConnection]> {
  const taken = createDeferred<RawConnection>();
  take(server, taken.resolve);
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1" });
  onTestFinished(() => void client.destroy());
  client.on("error", () => {});
  return [client, await taken.promise];
}

test("a connection is accepted as a bare handle, and becomes a socket in the process that receives it", async () => {
  const [client, connection] = await connectTo(await listening());
  expect(connection).not.toBeInstanceOf(Socket);
  expect(peerAddress(connection)).toBe("127.0.0.1");
  const socket = receiveConnection(connection);
  socket?.end("hello");
  expect(String(await once(client, "data"))).toBe("hello");
});

test("where the server's handle is unknown, Node's sockets are accepted, detached from their server", async () => {
  const server = await listening();
  const [client, connection] = await connectTo(server, (...parameters) => {
    const handle: unknown = Reflect.get(server, "_handle");
    Reflect.set(server, "_handle", {});
    takeConnections(...parameters);
    Reflect.set(server, "_handle", handle);
  });
  expect(connection).toBeInstanceOf(Socket);
  expect(Reflect.get(connection, "server")).toBeNull();
  expect(peerAddress(connection)).toBe("127.0.0.1");
  expect(receiveConnection(connection)).toBe(connection);
  closeCopy(connection);
  await once(client, "close");
});

test("a dropped connection is closed", async () => {
  const [client, connection] = await connectTo(await listening());
  client.resume();
  closeCopy(connection);
  await once(client, "close");
});

test("an error of accept reaches the server's error listeners", async () => {
  const server = await listening();
  takeConnections(server, () => expect.unreachable());
  const failed = once(server, "error");
  Reflect.get(server, "_handle").onconnection(-24);
  expect(await failed).toEqual([expect.objectContaining({ code: "EMFILE", syscall: "accept" })]);
});

test.for([undefined, null, {}, "text", { close: () => {} }])("%j is not a connection", (handle) => {
  expect(receiveConnection(handle)).toBeUndefined();
});
