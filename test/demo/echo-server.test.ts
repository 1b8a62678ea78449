import { createSocket, Socket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { EchoServer } from "../../demo/echo-server";

const taken = createSocket("udp4");
afterEach(() => void vi.restoreAllMocks());

async function takenPort(): Promise<number> {
  taken.bind(0, "127.0.0.1");
  await once(taken, "listening");
  return taken.address().port;
}

it("the echo server takes a port that is free by TCP and by UDP", async () => {
  const port = await takenPort();
  const server = new EchoServer();
  const original = Socket.prototype.bind;
  // As if the first port that is free by TCP were one that another has by UDP.
  vi.spyOn(Socket.prototype, "bind").mockImplementationOnce(function (this: Socket) {
    return original.call(this, { port, address: "127.0.0.1" });
  });
  const found = await server.listen(0);
  const client = createSocket("udp4");
  client.send("hello", found, "127.0.0.1");
  expect(String((await once(client, "message"))[0])).toBe("hello");
  client.close();
  const stream = connect(found, "127.0.0.1").end("by TCP");
  expect(String((await once(stream, "data"))[0])).toBe("by TCP");
  await server.close();

  const second = new EchoServer();
  await expect(second.listen(port)).rejects.toMatchObject({ code: "EADDRINUSE" });
  const nobody = connect(port, "127.0.0.1");
  expect((await once(nobody, "error"))[0]).toMatchObject({ code: "ECONNREFUSED" });
  taken.close();
});
