import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { Network } from "../../../simulator/internet/demo-example/network";
import type { StreamSocket } from "../../../simulator/internet/own-traffic";

const AT = { address: "192.0.2.80", port: 1 };

/** Both ends of a connection, the server's end second. */
async function connection(): Promise<[StreamSocket, StreamSocket]> {
  const network = new Network(["192.0.2.200", "2001:db8::200"]);
  const accepted = new Promise<StreamSocket>((resolve) => network.listen(AT, resolve));
  const client = network.connect({ ...AT, allowHalfOpen: true });
  const [served] = await Promise.all([accepted, once(client, "connect")]);
  onTestFinished(() => void [client.destroy(), served.destroy()]);
  for (const end of [client, served]) end.on("error", () => undefined);
  return [client, served];
}

/** What arrives until the peer ends; the other direction stays open. */
async function textOf(socket: StreamSocket): Promise<string> {
  let text = "";
  socket.on("data", (part) => {
    text += String(part);
  });
  await once(socket, "end");
  return text;
}

describe("F41: a connection within the process", () => {
  it("knows both its ends", async () => {
    const [client, served] = await connection();
    expect([client.remoteAddress, client.remotePort]).toEqual([AT.address, AT.port]);
    expect([served.remoteAddress, served.remotePort]).toEqual(["192.0.2.200", client.localPort]);
  });

  it("is refused as Node's sockets are where nobody listens", async () => {
    const socket = new Network([]).connect(AT);
    const [error] = await once(socket, "error");
    expect(error).toMatchObject({ code: "ECONNREFUSED", address: AT.address, port: AT.port });
    expect(socket.destroyed).toBe(true);
  });

  it("may be closed one way, and still carries the other", async () => {
    const [client, served] = await connection();
    client.end("question");
    expect(await textOf(served)).toBe("question");
    served.end("answer");
    expect(await textOf(client)).toBe("answer");
  });

  it("delivers what was written before it was closed", async () => {
    const [client, served] = await connection();
    client.write(Buffer.alloc(500_000, "x"));
    client.destroySoon();
    expect((await textOf(served)).length).toBe(500_000);
  });

  it("holds the sender while nobody reads", async () => {
    const [client, served] = await connection();
    let taken = false;
    client.write(Buffer.alloc(1_000_000), () => {
      taken = true;
    });
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toBe(false);
    expect(served.readableLength).toBeLessThan(100_000);
    served.resume();
    await expect.poll(() => taken).toBe(true);
  });

  it("is reset with an error, and a sender whose peer has gone is told", async () => {
    const [client, served] = await connection();
    const reset = once(client, "error");
    served.resetAndDestroy();
    expect((await reset)[0]).toMatchObject({ code: "ECONNRESET" });

    const [sender, receiver] = await connection();
    receiver.destroy();
    const ended = once(sender.resume(), "end");
    await ended;
    const told = once(sender, "error");
    sender.write("too late");
    expect((await told)[0]).toMatchObject({ code: "EPIPE" });
  });

  it("notices silence, in either direction", async () => {
    const [client, served] = await connection();
    const silences: string[] = [];
    client.setTimeout(20, () => silences.push("client"));
    served.setTimeout(20).once("timeout", () => silences.push("server"));
    await expect.poll(() => silences.sort()).toEqual(["client", "server"]);
  });
});
