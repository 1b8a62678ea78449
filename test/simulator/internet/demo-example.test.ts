import { X509Certificate } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { CA, DEVICE, PUBLIC_DEVICE_KEY } from "../../../simulator/internet/demo-example/certificates";
import { exchange } from "../../../simulator/internet/http/http";
import type { HttpAnswer } from "../../../simulator/internet/http/types";
import type { Internet } from "../../../simulator/internet/internet";
import { askTime } from "../../../simulator/internet/ntp";
import { ping } from "../../../simulator/internet/ping";
import { createInternet, parseRoute } from "../../../simulator/internet/real-internet";
import { TcpConnection } from "../../../simulator/internet/tcp-udp/connection";
import { UdpSocket } from "../../../simulator/internet/tcp-udp/datagrams";
import { TcpListener } from "../../../simulator/internet/tcp-udp/listener";
import type { SocketSurroundings } from "../../../simulator/internet/tcp-udp/tcp-udp";
import { openTls } from "../../../simulator/internet/tls/tls";
import type { TlsConnection, TlsSettings } from "../../../simulator/internet/tls/types";
import { openPorts } from "../../support/open-ports";
import { tcpServer } from "./servers";

const ADDRESS = "192.0.2.80";
const ADDRESSES = [ADDRESS, "2001:db8::80"];
const LIMITS = { receive: 12_288, send: 8192 };

const der = (pem: string) => new X509Certificate(pem).raw;

const CHECKED: TlsSettings = {
  versions: { min: "TLSv1.2", max: "TLSv1.3" },
  verify: { chain: true, dates: true, host: "demo.example" },
  trusted: [der(CA)],
  sni: "demo.example",
};
const MUTUAL: TlsSettings = { ...CHECKED, client: { certificate: der(DEVICE), key: Buffer.from(PUBLIC_DEVICE_KEY) } };

function internet(...routes: string[]): Internet {
  return createInternet({ routes: routes.map(parseRoute), latency: 0, random: () => 0.5 });
}

function surroundings(...routes: string[]): SocketSurroundings {
  const end = new AbortController();
  onTestFinished(() => end.abort());
  return { internet: internet(...routes), signal: end.signal };
}

interface Request {
  readonly method?: string;
  readonly fields?: readonly string[];
  readonly body?: string;
  readonly tls?: TlsSettings;
  readonly onTls?: (connection: TlsConnection) => void;
  readonly timeout?: number;
  readonly port?: number;
}

function fetch(path: string, wish: Request = {}, by: Internet = internet()): Promise<HttpAnswer> {
  const { method = "GET", fields = [], body = "", tls, onTls, timeout = 10_000 } = wish;
  const head = [`${method} ${path} HTTP/1.1`, "Host: demo.example", ...fields, `Content-Length: ${body.length}`];
  return exchange(
    {
      host: "demo.example",
      port: wish.port ?? (tls === undefined ? 80 : 443),
      request: Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`),
      headOnly: method === "HEAD",
      timeout,
      signal: new AbortController().signal,
      ...(tls === undefined ? {} : { tls }),
      ...(onTls === undefined ? {} : { onTls }),
    },
    by,
  );
}

const json = async (answer: Promise<HttpAnswer>) => JSON.parse((await answer).body.toString()) as unknown;

/** What arrives until the peer closes, or until so many bytes are there. */
function received(connection: TcpConnection, enough = Number.POSITIVE_INFINITY): Promise<Buffer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const take = () => {
      parts.push(connection.read(100_000));
      const all = Buffer.concat(parts);
      if (all.length >= enough) resolve(all);
    };
    connection.watch({ received: take, sent: () => undefined, ended: () => resolve(Buffer.concat(parts)) });
  });
}

describe("F41: demo.example, without a network and without a port", () => {
  it("F41: has a name and addresses for documentation, both ways", async () => {
    expect(await internet().lookup("demo.example")).toEqual(ADDRESSES);
    expect(await internet().resolve("DEMO.example.")).toEqual(ADDRESSES);
    for (const address of [...ADDRESSES, "2001:DB8:0:0::80"]) {
      expect(await internet().reverse(address)).toBe("demo.example");
    }
  });

  it("F41: is there for a ping, as long as the way to it is", async () => {
    const { signal } = new AbortController();
    for (const address of ADDRESSES) {
      expect(await ping(internet(), address, { timeout: 1000, ttl: 32, signal })).toMatchObject({ kind: "reply" });
    }
    expect(await ping(internet(), ADDRESS, { timeout: 1000, ttl: 3, signal })).toEqual({ kind: "ttl-exceeded" });
  });

  it("F41: tells the time", async () => {
    const told = await askTime(internet(), "demo.example", 123, {
      timeout: 1000,
      signal: new AbortController().signal,
    });
    expect(Math.abs(told - Date.now())).toBeLessThan(10_000);
  });

  it("F41 neighbour: a port without a service refuses, by every client", async () => {
    const target = { host: "demo.example", port: 9 };
    await expect(TcpConnection.open(target, LIMITS, surroundings())).rejects.toMatchObject({ failure: "refused" });
    await expect(fetch("/", { port: 9 })).rejects.toMatchObject({ failure: "connect" });
    await expect(fetch("/", { port: 9, tls: CHECKED })).rejects.toMatchObject({ failure: "connect" });
  });

  it("F41 neighbour: a name that is nobody's is not found, at once", async () => {
    await expect(internet().lookup("nowhere.invalid")).rejects.toMatchObject({ failure: "dns" });
    await expect(fetch("/", {}, internet("demo.example:80=nowhere.invalid:80"))).rejects.toMatchObject({
      failure: "dns",
    });
  });

  it("F41 neighbour: a route wins for the port that it names, and for no other", async () => {
    const port = await tcpServer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nrouted"));
    const by = internet(`demo.example:80=127.0.0.1:${port}`);
    expect((await fetch("/hello", {}, by)).body.toString()).toBe("routed");
    expect((await fetch("/hello", { tls: CHECKED }, by)).body.toString()).toContain("Hello");
    const [address = ""] = await by.resolve("demo.example");
    expect(by.target(address, 80)).toEqual({ host: "127.0.0.1", port });
    expect(by.target(address, 443)).toEqual({ host: ADDRESS, port: 443 });
  });
});

describe("F41: the pages of demo.example", () => {
  it.each<[string, Request, object | string]>([
    ["/hello", {}, "Hello from the other side of the modem.\n"],
    ["/anything?a=1", { method: "PUT", body: "x" }, { method: "PUT", path: "/anything", query: { a: "1" }, body: "x" }],
    ["/headers", { fields: ["X-Kind: demo"] }, { headers: { "x-kind": "demo" } }],
    ["/cookies?a=1", { fields: ["Cookie: b=2; c=3=4"] }, { cookies: { b: "2", c: "3=4" } }],
    ["/chunked", {}, `${[1, 2, 3, 4, 5].map((n) => `c\r\nline ${n} of 5\n\r\n`).join("")}0\r\n\r\n`],
    ["/session", {}, { resumed: false, protocol: "no TLS" }],
    ["/session", { tls: CHECKED }, { resumed: false, protocol: "TLSv1.3" }],
    ["/device", { tls: MUTUAL }, "Hello, Demo device.\n"],
    ["/basic-auth", { fields: ["Authorization: Basic ZGVtbzpkZW1v"] }, "Hello, demo.\n"],
    ["/sensors", { method: "POST", body: "[1]" }, { stored: expect.any(Number) }],
  ])("F41: %s %o", async (path, wish, expected) => {
    const { body, statusCode } = await fetch(path, wish);
    expect(statusCode).toBe(200);
    if (typeof expected === "string") expect(body.toString()).toBe(expected);
    else expect(JSON.parse(body.toString())).toMatchObject(expected);
  });

  it.each<[string, Request, number, string]>([
    ["/nothing", {}, 404, "There is no /nothing here."],
    ["/constructor", {}, 404, "There is no"],
    ["//", {}, 404, "There is no"],
    ["/redirect/2", {}, 302, "location: /redirect/1"],
    ["/redirect/1", {}, 302, "location: /hello"],
    ["/cookies?a=1&b=%0d%0a", {}, 200, "Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=%0D%0A; Path=/".toLowerCase()],
    ["/status/503", {}, 503, "This is the status 503."],
    ["/basic-auth", {}, 401, 'www-authenticate: basic realm="demo"'],
    ["/device", { tls: CHECKED }, 403, "certificate of the demo's CA"],
    ["/device", {}, 403, "certificate of the demo's CA"],
    ["/files/readings.csv?rows=0", {}, 400, "rows must be"],
    ["/delay/x", {}, 400, "a whole number"],
    ["/delay/", {}, 400, "a whole number"],
    ["/delay/1.5", {}, 400, "a whole number"],
    ["/redirect/x", {}, 400, "a whole number"],
    ["/status/-1", {}, 400, "a whole number"],
    ["/sensors", { method: "POST", body: "{" }, 400, "not JSON"],
  ])("F41: %s %o is %i", async (path, wish, status, part) => {
    const { statusCode, head, body } = await fetch(path, wish);
    expect(statusCode).toBe(status);
    expect(`${head.toString().toLowerCase()}${body.toString()}`).toContain(part);
  });

  it.each([
    ["by HTTP", {}],
    ["by HTTPS", { tls: CHECKED }],
  ])("F41: a page of several megabytes comes whole, %s", async (_, wish) => {
    const { body, contentLength } = await fetch("/files/firmware.bin", wish);
    expect([contentLength, body.length]).toEqual([4_194_304, 4_194_304]);
    expect(body.every((byte, index) => byte === (index % 251) ** 2 % 251)).toBe(true);
  });

  it("F41: rows of readings, as many as were asked for", async () => {
    const { body } = await fetch("/files/readings.csv?rows=5000");
    expect(body.toString().split("\n")).toHaveLength(5002);
  });

  it("F41 neighbour: a server that takes its time is waited for no longer than the client likes", async () => {
    await expect(fetch("/delay/60", { timeout: 50 })).rejects.toMatchObject({ failure: "timeout" });
  });
});

describe("F41: TLS at demo.example", () => {
  const open = (settings: TlsSettings, port = 443) =>
    openTls(
      settings,
      { host: "demo.example", address: ADDRESS, port },
      { timeout: 5000, signal: new AbortController().signal },
    );

  it.each<[string, Partial<TlsSettings>]>([
    ["for a client that trusts another CA", { trusted: [] }],
    ["under another name", { verify: { ...CHECKED.verify, host: "meter.example" } }],
  ])("F41: its certificate does not do %s", async (_, settings) => {
    await expect(open({ ...CHECKED, ...settings })).rejects.toMatchObject({ failure: "tls" });
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)("F41: a session of %s is resumed", async (version) => {
    const kind = version === "TLSv1.3" ? "psk-ticket" : "ticket";
    const settings: TlsSettings = { ...CHECKED, versions: { min: version, max: version }, session: { kind } };
    let data: Buffer | undefined;
    const onTls = (connection: TlsConnection) => {
      data = connection.session();
    };
    expect(await json(fetch("/session", { tls: settings, onTls }))).toMatchObject({ resumed: false });
    expect(data).toBeDefined();
    const again: TlsSettings = { ...settings, session: { kind, ...(data && { data }) } };
    expect(await json(fetch("/session", { tls: again }))).toEqual({ resumed: true, protocol: version });
  });

  it("F41: sends back what comes over TLS, and knows both ends", async () => {
    const { socket } = await open(CHECKED, 4433);
    expect([socket.remoteAddress, socket.remotePort]).toEqual([ADDRESS, 4433]);
    const connection = new TcpConnection(socket, LIMITS, surroundings());
    connection.write(Buffer.from("hello"));
    expect((await received(connection, 5)).toString()).toBe("hello");
    await connection.close();
    expect(socket.destroyed).toBe(true);
  });
});

describe("F41: sockets to demo.example", () => {
  it("F41: what a stream sends comes back, in order and whole", async () => {
    const connection = await TcpConnection.open({ host: "demo.example", port: 7 }, LIMITS, surroundings());
    expect(connection.remote).toEqual({ address: ADDRESS, port: 7 });
    const sent = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index ** 2 % 251));
    const back = received(connection, sent.length);
    for (let at = 0; at < sent.length; ) {
      const part = sent.subarray(at, at + 1000);
      if (connection.write(part)) at += part.length;
      else await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await back).equals(sent)).toBe(true);
    connection.finish();
    await expect.poll(() => connection.ended).toBe(true);
    await connection.close();
  });

  it.each([
    ["demo.example", false, ADDRESS],
    ["192.0.2.80", false, ADDRESS],
    ["2001:db8::80", true, "2001:db8::80"],
  ])("F41: a datagram to %s comes back (IPv6: %s)", async (address, ipv6, from) => {
    const socket = await UdpSocket.open({ receive: 1000, ipv6 }, surroundings());
    await socket.send(Buffer.from("ping"), { address, port: 7 });
    await socket.send(Buffer.alloc(0), { address, port: 9 });
    await expect.poll(() => socket.first).toEqual({ from: { address: from, port: 7 }, bytes: Buffer.from("ping") });
  });

  it("F41: a modem that listens at meter.example is found by the others of this process", async () => {
    const accepted: TcpConnection[] = [];
    const listening = surroundings("0.0.0.0:*=meter.example:*");
    const accept = (connection: TcpConnection) => accepted.push(connection) > 0;
    const listener = await TcpListener.open(7000, LIMITS, listening, accept);
    await expect(TcpListener.open(7000, LIMITS, listening, accept)).rejects.toMatchObject({
      failure: "address-in-use",
    });
    const client = await TcpConnection.open({ host: "meter.example", port: 7000 }, LIMITS, surroundings());
    client.write(Buffer.from("reading?"));
    await expect.poll(() => accepted.length).toBe(1);
    const [served] = accepted;
    expect(served?.remote).toMatchObject({ address: "192.0.2.200", port: client.localPort });
    expect((await received(served as TcpConnection, 8)).toString()).toBe("reading?");
    const ended = received(client);
    await served?.close(0);
    await ended;
    listener.close();
    const late = TcpConnection.open({ host: "meter.example", port: 7000 }, LIMITS, surroundings());
    await expect(late).rejects.toMatchObject({ failure: "refused" });
  });

  it("F41 neighbour: datagrams reach such a modem too, and its answers the sender", async () => {
    const meter = await UdpSocket.open(
      { receive: 1000, localPort: 7001 },
      surroundings("0.0.0.0:7001=meter.example:7001"),
    );
    const client = await UdpSocket.open({ receive: 1000 }, surroundings());
    await client.send(Buffer.from("reading?"), { address: "meter.example", port: 7001 });
    await expect.poll(() => meter.first?.bytes.toString()).toBe("reading?");
    await meter.send(Buffer.from("21"), meter.first?.from ?? { address: "", port: 0 });
    await expect.poll(() => client.first?.bytes.toString()).toBe("21");
    expect(client.first?.from).toEqual({ address: "192.0.2.70", port: 7001 });
    meter.close();
    const again = await UdpSocket.open(
      { receive: 1000, localPort: 7001 },
      surroundings("0.0.0.0:7001=meter.example:7001"),
    );
    again.close();
  });

  it("F41: no port of this machine is open for any of that", async () => {
    const before = openPorts(process.pid);
    const around = surroundings("0.0.0.0:*=meter.example:*");
    await TcpListener.open(7000, LIMITS, around, () => true);
    await TcpConnection.open({ host: "demo.example", port: 7 }, LIMITS, around);
    const datagrams = await UdpSocket.open({ receive: 1000 }, around);
    await datagrams.send(Buffer.from("ping"), { address: "demo.example", port: 7 });
    await expect.poll(() => datagrams.unread).toBe(4);
    await fetch("/hello", { tls: MUTUAL });
    expect(openPorts(process.pid)).toEqual(before);
  });

  it("F41 neighbour: a datagram to a host of this machine opens one, on loopback alone", async () => {
    const receiver = await UdpSocket.open({ receive: 1000, localPort: 9 }, surroundings("0.0.0.0:9=127.0.0.1:42009"));
    const sender = await UdpSocket.open({ receive: 1000 }, surroundings());
    await sender.send(Buffer.from("ping"), { address: "127.0.0.1", port: 42_009 });
    await expect.poll(() => receiver.first?.from).toEqual({ address: "127.0.0.1", port: sender.localPort });
    sender.close();
    receiver.close();
  });
});
