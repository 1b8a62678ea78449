import { once } from "node:events";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../../support/clock";
import { listen } from "../../../support/listen";
import { ALL_BYTES, closedPort, tcpServer } from "../../internet/servers";
import { route } from "../../modem-host";
import { Bg96Host } from "../bg96-host";
import { BOTH_CHECKED, type Context, identity, pem, SERVER_CHECKED, secure, upload } from "../security/tls-host";
import { randomBytes, readAll, readStream, send, sha256 } from "./sockets-host";

// No guard time or pause is waited for in real time.
vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

/** A TLS server on loopback that ends with the test; returns its port. */
async function tlsServer(options: TlsOptions, onConnection: (socket: TLSSocket) => void): Promise<number> {
  const server = createServer(options, (socket) => {
    socket.on("error", () => socket.destroy());
    onConnection(socket);
  });
  return listen(server);
}

const echo = (options: TlsOptions = identity("server")) => tlsServer(options, (socket) => void socket.pipe(socket));

/** A modem with `ca.pem`, `client.pem` and `client.key` whose context 2 is set, on the way to a server of that port. */
async function secureHost(port: number, context: Context = SERVER_CHECKED, ca = "ca"): Promise<Bg96Host> {
  const host = await Bg96Host.online([route("server.example", 443, port)]);
  await host.command("AT+QISDE=0");
  await upload(host, "ca.pem", pem(`${ca}.cert`));
  await upload(host, "client.pem", pem("client.cert"));
  await upload(host, "client.key", pem("client.key"));
  await secure(host, { ...context, ignorelocaltime: 1 }, 2);
  return host;
}

async function opened(host: Bg96Host, id = 4, mode = 0): Promise<string> {
  expect(await host.command(`AT+QSSLOPEN=1,2,${id},"server.example",443,${mode}`)).toEqual(["OK"]);
  return host.urc(/\+QSSLOPEN: /);
}

describe("a secured socket", () => {
  it("carries every byte both ways, and tells what it is", async () => {
    const host = await secureHost(await echo());
    expect(await opened(host)).toBe("+QSSLOPEN: 4,0");
    expect((await host.command("AT+QSSLSTATE=4"))[0]).toMatch(
      /^\+QSSLSTATE: 4,"SSLClient","127\.0\.0\.1",443,\d+,2,1,4,0,"uart1",2$/,
    );
    expect(await send(host, 4, ALL_BYTES, "", "QSSLSEND")).toBe("SEND OK");
    expect(await readStream(host, 256, 4, "QSSLRECV", "QSSLURC")).toBe(ALL_BYTES.toString("latin1"));
    expect(await host.command("AT+QSSLRECV=4,10")).toEqual(["+QSSLRECV: 0", "OK"]);
  });

  it("carries a megabyte each way", async () => {
    const [up, down] = [randomBytes(1_000_000, 3), randomBytes(1_000_000, 4)];
    const parts: Buffer[] = [];
    let length = 0;
    let arrived: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const port = await tlsServer(identity("server"), (socket) => {
      socket.on("data", (bytes: Buffer) => {
        parts.push(bytes);
        length += bytes.length;
        if (length < up.length) return;
        arrived();
        socket.write(down);
      });
    });
    const host = await secureHost(port);
    await opened(host);
    for (let offset = 0; offset < up.length; ) {
      const piece = up.subarray(offset, offset + 1460);
      if ((await send(host, 4, piece, "", "QSSLSEND")) === "SEND OK") offset += piece.length;
    }
    await all;
    expect(sha256(Buffer.concat(parts))).toBe(sha256(up));
    expect(sha256(await readStream(host, down.length, 4, "QSSLRECV", "QSSLURC"))).toBe(sha256(down));
  });

  it("shows the client's certificate where both are checked", async () => {
    const names: unknown[] = [];
    const options = { ...identity("server"), requestCert: true, ca: pem("ca.cert") };
    const port = await tlsServer(options, (socket) => names.push(socket.getPeerCertificate().subject.CN));
    const host = await secureHost(port, BOTH_CHECKED);
    expect(await opened(host)).toBe("+QSSLOPEN: 4,0");
    expect(names).toHaveLength(1);
    expect(names[0]).toEqual(expect.stringMatching(/./));
  });

  it.each([
    ["an authority that did not sign the server", SERVER_CHECKED, "other-ca", "server"],
    ["another host's name", { ...SERVER_CHECKED, checkhost: 1 }, "ca", "wrong-host"],
    ["no authority at all", { seclevel: 1, cacert: "nothing.pem" }, "ca", "server"],
  ])("does not open with %s", async (_, context, ca, server) => {
    const host = await secureHost(await echo(identity(server)), context, ca);
    expect(await opened(host)).toBe("+QSSLOPEN: 4,566");
    expect((await host.command("AT+QIGETERROR"))[0]).toBe('+QIGETERROR: 566,"Socket connect failed"');
    expect(await host.command("AT+QSSLCLOSE=4")).toEqual(["OK"]);
    expect(await host.command("AT+QSSLSTATE")).toEqual(["OK"]);
  });

  it("does not open where nobody listens, or nobody speaks TLS, or no name is", async () => {
    const refused = await secureHost(await closedPort());
    expect(await opened(refused)).toBe("+QSSLOPEN: 4,566");
    const plain = await secureHost(await tcpServer((socket) => socket.end("220 hello\r\n")));
    expect(await opened(plain)).toBe("+QSSLOPEN: 4,566");
    await plain.command('AT+QSSLOPEN=1,2,5,"no-such-host.invalid",443');
    expect(await plain.urc(/\+QSSLOPEN: /)).toBe("+QSSLOPEN: 5,565");
  });

  it("has identities of its own", async () => {
    const host = await secureHost(await echo());
    await host.command('AT+QIOPEN=1,4,"UDP","127.0.0.1",9');
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 4,0");
    expect(await opened(host)).toBe("+QSSLOPEN: 4,0");
    expect(await opened(host)).toBe("+QSSLOPEN: 4,563");
    expect(await host.command("AT+QISTATE")).toHaveLength(2);
    expect(await host.command("AT+QSSLCLOSE=4")).toEqual(["OK"]);
    expect(await host.command("AT+QSSLSTATE")).toEqual(["OK"]);
    expect(await host.command("AT+QISTATE")).toHaveLength(2);
  });

  it("says closed when the peer closes, with what was not read", async () => {
    const host = await secureHost(await tlsServer(identity("server"), (socket) => socket.end("bye")));
    await opened(host);
    expect(await host.urc(/\+QSSLURC: /)).toBe('+QSSLURC: "recv",4');
    expect(await host.urc(/\+QSSLURC: /)).toBe('+QSSLURC: "closed",4');
    expect(await readAll(host, 4, "QSSLRECV")).toBe("bye");
    expect(await send(host, 4, "x", "", "QSSLSEND")).toBe("ERROR");
  });

  it("pushes what comes, and is transparent if it is told so", async () => {
    const host = await secureHost(await echo());
    expect(await opened(host, 0, 1)).toBe("+QSSLOPEN: 0,0");
    await send(host, 0, "push", "", "QSSLSEND");
    expect(await host.until(/push\r\n/)).toBe('\r\n+QSSLURC: "recv",0,4\r\npush\r\n');
    host.write('ATS12=1;+QSSLOPEN=1,2,1,"server.example",443,2\r');
    await host.until(/\r\nCONNECT\r\n/);
    host.write(ALL_BYTES);
    expect(await host.take(256)).toBe(ALL_BYTES.toString("latin1"));
    await new Promise((resolve) => setTimeout(resolve, 40));
    host.write("+++");
    await host.until(/\r\nOK\r\n/);
    expect(await host.command("AT+QSSLCLOSE=1")).toEqual(["OK"]);
  });

  it("ends with its context", async () => {
    let closed: Promise<unknown> | undefined;
    const port = await tlsServer(identity("server"), (socket) => {
      closed = once(socket.resume(), "close");
    });
    const host = await secureHost(port);
    await opened(host);
    host.fault("lost-context=1");
    await host.urc(/\+QIURC: "pdpdeact",1/);
    await closed;
    expect((await host.command("AT+QSSLSTATE"))[0]).toContain(",4,1,4,0,");
    await host.command("AT+QIDEACT=1");
    expect(await host.command("AT+QSSLSTATE")).toEqual(["OK"]);
  });

  it.each([
    'QSSLOPEN=0,2,4,"a",443',
    'QSSLOPEN=1,6,4,"a",443',
    'QSSLOPEN=1,2,12,"a",443',
    'QSSLOPEN=1,2,4,"",443',
    'QSSLOPEN=1,2,4,"a",0',
    'QSSLOPEN=1,2,4,"a",443,3',
    "QSSLSEND=4,0",
    "QSSLSEND=4,1461",
    "QSSLSEND=5,1",
    "QSSLRECV=4",
    "QSSLRECV=4,0",
    "QSSLRECV=4,1501",
    "QSSLRECV=5,1",
    "QSSLCLOSE=12",
    "QSSLCLOSE=4,65536",
    "QSSLSTATE=12",
  ])("refuses %s", async (command) => {
    const host = await secureHost(await echo());
    await opened(host);
    expect(await host.command(`AT+${command}`)).toEqual(["ERROR"]);
  });
});
