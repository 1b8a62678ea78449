import type { TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { ALL_BYTES, tcpServer } from "../../internet/servers";
import { pem, tlsServer } from "../../internet/tls-servers";
import { route } from "../../modem-host";
import { LaraHost } from "../lara-host";
import { importInto, run, SERVER } from "../security/secure-host";
import { readCounted, writeBinary } from "./socket-host";

const echo = (socket: TLSSocket) => {
  socket.write(ALL_BYTES);
  socket.pipe(socket);
};

async function secureBench(...options: string[]): Promise<LaraHost> {
  const server = await tlsServer({}, echo);
  return LaraHost.open([route(SERVER, 443, server.port), ...options]);
}

const open = (host: LaraHost, id: number, flag = "") => host.command(`AT+USOCO=${id},"${SERVER}",443${flag}`);

async function createSecure(host: LaraHost, id: number): Promise<void> {
  expect(await host.command("AT+USOCR=6")).toEqual([`+USOCR: ${id}`, "OK"]);
  await run(host, `AT+USOSEC=${id},1,1`);
}

describe("+USOSEC", () => {
  it("carries data by the security profile", async () => {
    const host = await secureBench();
    await importInto(host, 0, "root", pem("ca.cert"));
    await run(host, "AT+USECPRF=1,0,2", `AT+USECPRF=1,4,"${SERVER}"`);
    await createSecure(host, 0);
    expect(await host.command("AT+USOSEC=0")).toEqual(["+USOSEC: 0,1,1", "OK"]);
    expect(await open(host, 0)).toEqual(["OK"]);
    expect(await writeBinary(host, "AT+USOWR=0,5", Buffer.from("first"))).toBe("+USOWR: 0,5\r\n\r\nOK");
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,256");
    expect((await readCounted(host, "AT+USORD=0,1024")).data).toEqual(ALL_BYTES);
    await host.command('AT+USOWR=0,5,"again"');
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,5");
    expect(await host.command("AT+USORD=0,5")).toEqual(['+USORD: 0,5,"again"', "OK"]);
    expect(await host.command("AT+USOCL=0")).toEqual(["OK"]);
  });

  it("fails a connection whose server the profile does not trust", async () => {
    const host = await secureBench();
    await run(host, "AT+USECPRF=1,0,1");
    await createSecure(host, 0);
    expect(await open(host, 0)).toEqual(["ERROR"]);
    expect(await host.urc(/\+UUSOCL: /)).toBe("+UUSOCL: 0");
    expect(await host.command("AT+USOER")).toEqual(["+USOER: 71", "OK"]);
  });

  it("queues 1 kB at most", async () => {
    const host = await secureBench();
    await createSecure(host, 0);
    await open(host, 0);
    host.fault("congestion");
    expect(await writeBinary(host, "AT+USOWR=0,1024", Buffer.alloc(1024))).toBe("+USOWR: 0,1024\r\n\r\nOK");
    expect(await host.command('AT+USOWR=0,1,"x"')).toEqual(["ERROR"]);
    expect(await host.command("AT+USOCTL=0,11")).toEqual(["+USOCTL: 0,11,1024", "OK"]);
  });

  it("has room for four, and for another when one was closed", async () => {
    const host = await secureBench();
    for (let id = 0; id < 5; id += 1) await createSecure(host, id);
    for (let id = 0; id < 4; id += 1) expect(await open(host, id)).toEqual(["OK"]);
    expect(await open(host, 4)).toEqual(["ERROR"]);
    await host.urc(/\+UUSOCL: 4/);
    await run(host, "AT+USOCL=2");
    await createSecure(host, 2);
    expect(await open(host, 2)).toEqual(["OK"]);
  });

  it("lets no other socket command in while the handshake runs", async () => {
    const silent: { destroy(): void }[] = [];
    const port = await tcpServer((socket) => silent.push(socket));
    const host = await LaraHost.open([route(SERVER, 443, port)]);
    await createSecure(host, 0);
    expect(await open(host, 0, ",1")).toEqual(["OK"]);
    for (const line of ["AT+USOCR=6", "AT+USOCTL=0,10", "AT+USOCL=0", "AT+USOER", "AT+UDCONF=5,0"]) {
      expect(await host.command(line)).toEqual(["+CME ERROR: operation not allowed"]);
    }
    expect(await host.command("AT+CGACT?")).toContain("OK");
    await expect.poll(() => silent.length).toBe(1);
    for (const socket of silent) socket.destroy();
    expect(await host.urc(/\+UUSOCO: /)).toBe("+UUSOCO: 0,71");
    expect(await host.urc(/\+UUSOCL: /)).toBe("+UUSOCL: 0");
    expect(await host.command("AT+USOCR=6")).toEqual(["+USOCR: 0", "OK"]);
  });

  it.each([
    ["AT+USOSEC=0,2", "incorrect parameters"],
    ["AT+USOSEC=0,1,5", "incorrect parameters"],
    ["AT+USOSEC=1,1", "operation not allowed"],
  ])("%s is refused: %s", async (line, words) => {
    const host = await LaraHost.open();
    await host.command("AT+USOCR=6");
    expect(await host.command(line)).toEqual([`+CME ERROR: ${words}`]);
  });

  it("comes before the connection", async () => {
    const host = await secureBench();
    await createSecure(host, 0);
    await open(host, 0);
    expect(await host.command("AT+USOSEC=0,0")).toEqual(["+CME ERROR: operation not allowed"]);
  });
});
