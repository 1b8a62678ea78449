import { once } from "node:events";
import type { Socket } from "node:net";
import { createServer } from "node:tls";
import { afterEach, describe, expect, it, vi } from "vitest";
import { listen } from "../../../support/listen";
import { firstRequest, get, read } from "../http/http-host";
import { identity, SERVER_CHECKED, secure, secureHost, secureServer } from "./tls-host";

describe("a secured connection", () => {
  it("brings 5 MB, of which the modem holds no more than its window before it is read", async () => {
    const size = 5_000_000;
    const { port, waiting } = await secureServer(identity("server"), Buffer.alloc(size, "x"));
    const host = await secureHost(port);
    expect(await get(host)).toBe(`+QHTTPGET: 0,200,${size}`);
    await host.command("AT");
    expect(waiting()).toBeGreaterThan(0);
    expect(await read(host)).toHaveLength(size);
  });

  it.each([
    ["closes without an answer", 719, (socket: Socket) => socket.end()],
    ["resets the connection", 717, (socket: Socket) => socket.resetAndDestroy()],
  ])("to a server that %s ends with %i", async (_, code, hangUp) => {
    let wire: Socket | undefined;
    const server = createServer(identity("server"), (socket) => {
      socket.on("error", () => socket.destroy());
      socket.once("data", () => wire && hangUp(wire));
    });
    server.on("connection", (socket) => {
      wire = socket;
    });
    const host = await secureHost(await listen(server));
    expect(await get(host)).toBe(`+QHTTPGET: ${code}`);
  });
});

describe("a handshake", () => {
  afterEach(() => void vi.useRealTimers());

  it("comes before the CONNECT of +QHTTPPOST", async () => {
    let letIn: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      letIn = resolve;
    });
    let hello: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      hello = resolve;
    });
    const { port } = await secureServer({
      ...identity("server"),
      SNICallback: (_, done) => {
        hello();
        void asked.then(() => done(null));
      },
    });
    const host = await secureHost(port);
    await secure(host, { ...SERVER_CHECKED, sni: 1 });
    host.write("AT+QHTTPPOST=3,60,60\r");
    await begun;
    expect(host.unread).toBe("");
    letIn();
    await host.until(/\r\nCONNECT\r\n/);
    host.write("a=b");
    await host.until(/\r\nOK\r\n/);
    expect(await host.urc(/\+QHTTPPOST: /)).toBe("+QHTTPPOST: 0,200,5");
  });

  it("that fails is +QHTTPPOST's and +QHTTPPOSTFILE's error", async () => {
    const { port } = await secureServer(identity("wrong-host"));
    const host = await secureHost(port);
    await secure(host, { ...SERVER_CHECKED, checkhost: 1 });
    expect(await host.command("AT+QHTTPPOST=3,60,60")).toEqual(["+CME ERROR: 716"]);
    expect(await host.command('AT+QHTTPPOSTFILE="ca.pem"')).toEqual(["+CME ERROR: 716"]);
  });

  it("has the time that negotiatetime gives it", async () => {
    const { server, socket } = firstRequest();
    const host = await secureHost(await server);
    await secure(host, { negotiatetime: 10 });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    expect(await host.command("AT+QHTTPGET=80")).toEqual(["OK"]);
    await socket;
    await vi.advanceTimersByTimeAsync(9_900);
    expect(host.unread).toBe("");
    await vi.advanceTimersByTimeAsync(100);
    vi.useRealTimers();
    expect(await host.urc(/\+QHTTPGET: /)).toBe("+QHTTPGET: 702");
  });

  it("ends with the context", async () => {
    const { server, socket } = firstRequest();
    const host = await secureHost(await server);
    expect(await host.command("AT+QHTTPGET=80")).toEqual(["OK"]);
    const closed = once(await socket, "close");
    host.fault("lost-context=1");
    await host.urc(/\+QIURC: "pdpdeact",1/);
    expect(await host.urc(/\+QHTTPGET: /)).toBe("+QHTTPGET: 709");
    await closed;
  });
});
