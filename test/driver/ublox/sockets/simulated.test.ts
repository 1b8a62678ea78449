import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../../support/clock";
import { failure } from "../../../support/failure";

import { pem, tls } from "../security/fake-tls";
import { Seen } from "./fake-sockets";
import { SimulatedSockets, sha256, tcp } from "./simulated-sockets";

vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

const modem = new SimulatedSockets();

describe("LARA-R6's sockets on the simulated LARA-R6", () => {
  it("carry a megabyte each way through an echo, byte for byte", async () => {
    await modem.plug(await modem.serve((socket) => socket.pipe(socket)));
    const seen = new Seen();
    const socket = await modem.sockets.connect(tcp(), seen);
    const data = randomBytes(1_000_000);
    await socket.send(data);
    await expect.poll(() => seen.data.length, { timeout: 60_000 }).toBe(data.length);
    expect(sha256(seen.data)).toBe(sha256(data));
    await socket.close();
    expect(seen.closed).toEqual([undefined]);
  }, 90_000);

  it("carry text and binary in turns on seven connections at once", async () => {
    await modem.plug(await modem.serve((socket) => socket.pipe(socket)));
    const data = Buffer.concat(
      Array.from({ length: 6 }, (_, index) => (index % 2 === 0 ? Buffer.alloc(3000, "all text. ") : randomBytes(2000))),
    );
    const all = await Promise.all(
      Array.from({ length: 7 }, async () => {
        const seen = new Seen();
        const socket = await modem.sockets.connect(tcp(), seen);
        await socket.send(data);
        return { seen, socket };
      }),
    );
    expect((await failure(modem.sockets.connect(tcp({ timeout: 50 }), new Seen()))).code).toBe("MODEM_BUSY");
    for (const { seen } of all) await expect.poll(() => seen.data.length, { timeout: 20_000 }).toBe(data.length);
    for (const { seen, socket } of all) {
      expect(seen.data.equals(data)).toBe(true);
      await socket.close();
    }
    await modem.sockets.connect(tcp(), new Seen());
  }, 60_000);

  it("wait for a network that carries nothing, and lose and repeat nothing", async () => {
    const received: Buffer[] = [];
    await modem.plug(
      await modem.serve((socket) => {
        socket.on("data", (bytes) => received.push(bytes));
      }),
    );
    const socket = await modem.sockets.connect(tcp(), new Seen());
    const data = randomBytes(60_000);
    modem.fault("congestion:20s");
    let isSent = false;
    const work = socket.send(data).then(() => {
      isSent = true;
    });
    await expect.poll(() => modem.sent.includes("AT+USOCTL=0,11"), { timeout: 30_000 }).toBe(true);
    expect(isSent).toBe(false);
    await work;
    await socket.close();
    await expect.poll(() => Buffer.concat(received).length, { timeout: 10_000 }).toBe(data.length);
    expect(sha256(Buffer.concat(received))).toBe(sha256(data));
  }, 60_000);

  it("deliver everything before the end when the peer closes", async () => {
    const data = randomBytes(30_000);
    await modem.plug(await modem.serve((socket) => socket.end(data)));
    const seen = new Seen();
    await modem.sockets.connect(tcp(), seen);
    await seen.over;
    expect(seen.closed).toEqual([undefined]);
    expect(seen.data.equals(data)).toBe(true);
  });

  it("end when the peer resets the connection", async () => {
    await modem.plug(await modem.serve((socket) => socket.on("data", () => socket.resetAndDestroy())));
    const seen = new Seen();
    const socket = await modem.sockets.connect(tcp(), seen);
    await socket.send(Buffer.from("x"));
    await seen.over;
    expect((await failure(socket.send(Buffer.from("y")))).code).toBe("CONNECTION_CLOSED");
  });

  it("say why no connection is made, and leave no socket", async () => {
    await modem.plug(1);
    for (let attempt = 0; attempt < 8; attempt += 1) {
      expect((await failure(modem.sockets.connect(tcp(), new Seen()))).code).toBe("CONNECT_FAILED");
    }
    const unknown = modem.sockets.connect(tcp({ host: "nobody.invalid" }), new Seen());
    expect((await failure(unknown)).code).toBe("DNS_FAILED");
  }, 30_000);

  it("keep the borders of datagrams", async () => {
    const echo = createSocket("udp4");
    echo.on("message", (data, { address, port }) => echo.send(data, port, address));
    await new Promise<void>((resolve) => echo.bind(0, "127.0.0.1", resolve));
    modem.atEnd(() => new Promise((resolve) => echo.close(() => resolve())));
    const to = { host: "127.0.0.1", port: echo.address().port };
    await modem.plug(to.port);
    const seen = new Seen();
    const socket = await modem.sockets.openUdp({ timeout: 5000 }, seen);
    const datagrams = Array.from({ length: 200 }, (_, index) => randomBytes(1 + ((index * 37) % 1024)));
    for (const [index, datagram] of datagrams.entries()) {
      await socket.send(datagram, { to });
      await expect.poll(() => seen.chunks.length, { timeout: 5000, interval: 1 }).toBe(index + 1);
    }
    expect(seen.chunks).toEqual(datagrams);
    await socket.close();
  }, 30_000);

  it("carry TLS both ways", async () => {
    await modem.plug(await modem.serveTls((socket) => socket.pipe(socket)));
    const seen = new Seen();
    const socket = await modem.sockets.connect(tcp({ security: tls() }), seen);
    const data = randomBytes(20_000);
    await socket.send(data);
    await expect.poll(() => seen.data.length, { timeout: 20_000 }).toBe(data.length);
    expect(seen.data.equals(data)).toBe(true);
    await socket.close();
  }, 30_000);

  it("fail with TLS_FAILED, its likely causes and no socket left, when the server can't be trusted", async () => {
    await modem.plug(await modem.serveTls(() => undefined));
    const security = tls({ validation: "ca", ca: pem("other-ca.cert") });
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const error = await failure(modem.sockets.connect(tcp({ security }), new Seen()));
      expect(error).toMatchObject({ code: "TLS_FAILED", message: expect.stringContaining("Check that the server") });
    }
  }, 60_000);

  it("survive their session: the next one finds all seven free", async () => {
    await modem.plug(await modem.serve(() => undefined));
    await Promise.all(Array.from({ length: 7 }, () => modem.sockets.connect(tcp(), new Seen())));
    modem.replug();
    await Promise.all(Array.from({ length: 7 }, () => modem.sockets.connect(tcp(), new Seen())));
  });
});
