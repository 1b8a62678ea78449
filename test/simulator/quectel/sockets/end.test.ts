import { promises as dns, type LookupAddress } from "node:dns";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { listen } from "../../../support/listen";
import { closedPort } from "../../internet/servers";
import { route } from "../../modem-host";
import { Bg96Host } from "../bg96-host";
import { onlineHost, open, peer, read, readAll, send } from "./sockets-host";

const lastError = async (host: Bg96Host) => (await host.command("AT+QIGETERROR"))[0];

describe("the end of a connection", () => {
  it("by the peer leaves what was not read", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await open(host);
    const socket = await connected;
    socket.end("last words");
    expect(await host.urc(/\+QIURC: /)).toBe('+QIURC: "recv",0');
    expect(await host.urc(/\+QIURC: /)).toBe('+QIURC: "closed",0');
    expect((await host.command("AT+QISTATE=1,0"))[0]).toMatch(/,4,1,0,0,"uart1"$/);
    expect(await send(host, 0, "x")).toBe("ERROR");
    expect(await lastError(host)).toBe('+QIGETERROR: 567,"Socket has been closed"');
    expect(await read(host, 0, 4)).toBe("last");
    expect(await readAll(host)).toBe(" words");
    expect(await host.command("AT+QICLOSE=0")).toEqual(["OK"]);
    expect(await host.command("AT+QISTATE")).toEqual(["OK"]);
    await open(host);
  });

  it("by a reset is told too, once", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await open(host);
    (await connected).resetAndDestroy();
    expect(await host.urc(/\+QIURC: /)).toBe('+QIURC: "closed",0');
    expect(await host.command("AT+QICLOSE=0")).toEqual(["OK"]);
    expect(host.unread).toBe("");
  });

  it("by the host comes to the peer behind all data, and frees the identity", async () => {
    const { port, connected, received } = await peer();
    const host = await onlineHost(port);
    await open(host);
    const socket = await connected;
    const ended = once(socket, "close");
    for (let count = 0; count < 5; count++) expect(await send(host, 0, Buffer.alloc(1460, count))).toBe("SEND OK");
    expect(await host.command("AT+QICLOSE=0,5")).toEqual(["OK"]);
    await ended;
    expect(received()).toHaveLength(5 * 1460);
    expect(await host.command("AT+QISTATE=1,0")).toEqual(["OK"]);
    expect(host.unread).toBe("");
  });

  it("waits for the peer as long as it is told, then cuts it off", async () => {
    const sockets: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => socket.destroy());
      sockets.push(socket.resume());
    });
    const host = await onlineHost(await listen(server));
    await open(host);
    const begin = performance.now();
    expect(await host.command("AT+QICLOSE=0,1")).toEqual(["OK"]);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(990);
    // Whatever still comes is for nobody: the modem's stack says so with a reset.
    const [first] = sockets;
    first?.write("late");
    await expect(once(first ?? server, "data")).rejects.toMatchObject({
      code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/),
    });
    await open(host);
    // Not the 10 s that it takes without a number.
    const again = performance.now();
    expect(await host.command("AT+QICLOSE=0,0")).toEqual(["OK"]);
    expect(performance.now() - again).toBeLessThan(5000);
  });

  it("by the network takes all sockets of the context; their identities are free after +QIDEACT", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await open(host);
    const cut = once(await connected, "close");
    host.fault("lost-context=1");
    expect(await host.urc(/\+QIURC: /)).toBe('+QIURC: "pdpdeact",1');
    await cut;
    expect((await host.command("AT+QISTATE=1,0"))[0]).toContain(",4,1,0,0,");
    expect(await send(host, 0, "x")).toBe("ERROR");
    await host.command("AT+QIDEACT=1");
    expect(await host.command("AT+QISTATE")).toEqual(["OK"]);
    await host.command("AT+QIACT=1");
    await open(host);
    expect(host.unread).toBe("");
  });

  it("comes with a reboot, after which nothing is open", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await open(host);
    const cut = once(await connected, "close");
    host.fault("reboot");
    await cut;
    await host.until(/APP RDY\r\n/);
    await host.quiet();
    expect(await host.command("AT+QISTATE")).toEqual(["OK"]);
    await host.command("AT+QIACT=1");
    await open(host);
  });

  it("while it is being opened makes an end of that", async () => {
    const host = await Bg96Host.online(["latency=200", route("peer.test", 7, (await peer()).port)]);
    await host.command('AT+QIOPEN=1,0,"TCP","peer.test",7');
    expect((await host.command("AT+QISTATE"))[0]).toContain(",1,1,0,0,");
    expect(await host.command("AT+QICLOSE=0")).toEqual(["OK"]);
    await host.command('AT+QIOPEN=1,0,"TCP","peer.test",7');
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 0,0");
    expect(host.unread).toBe("");
  });

  it("while the name of a UDP peer is looked up makes an end of that, too", async () => {
    const host = await onlineHost(await closedPort());
    let answer: (found: LookupAddress[]) => void = () => undefined;
    const found = new Promise<LookupAddress[]>((resolve) => {
      answer = resolve;
    });
    const lookup = vi.spyOn(dns, "lookup").mockImplementation((() => found) as never);
    onTestFinished(() => lookup.mockRestore());
    await host.command('AT+QIOPEN=1,0,"UDP","slow.test",7');
    await expect.poll(() => lookup.mock.calls.length).toBe(1);
    expect(await host.command("AT+QICLOSE=0")).toEqual(["OK"]);
    answer([{ address: "127.0.0.1", family: 4 }]);
    expect(await host.command('AT+QIOPEN=1,0,"TCP","peer.test",7')).toEqual(["OK"]);
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 0,566");
  });
});
