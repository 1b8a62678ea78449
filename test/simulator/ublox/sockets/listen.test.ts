import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { closedPort } from "../../internet/servers";
import { route } from "../../modem-host";
import { LaraHost } from "../lara-host";

async function listening(...options: string[]): Promise<{ host: LaraHost; own: number }> {
  const own = await closedPort();
  const host = await LaraHost.open([route("0.0.0.0", 1099, own), ...options]);
  expect(await host.command("AT+USOCR=6")).toEqual(["+USOCR: 0", "OK"]);
  expect(await host.command("AT+USOLI=0,1099")).toEqual(["OK"]);
  return { host, own };
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

describe("+USOLI", () => {
  it("gives each peer a socket of its own, and data both ways", async () => {
    const { host, own } = await listening();
    expect(await host.command("AT+USOCTL=0,10")).toEqual(["+USOCTL: 0,10,1", "OK"]);
    const [, address] = /"(10\.[\d.]+)"/.exec((await host.command("AT+CGPADDR=1"))[0] ?? "") ?? [];
    const first = await dial(own);
    const expected = `+UUSOLI: 1,"127.0.0.1",${first.localPort},0,"${address}",1099`;
    expect(await host.urc(/\+UUSOLI: /)).toBe(expected);
    const second = await dial(own);
    expect(await host.urc(/\+UUSOLI: 2,/)).toContain(`,${second.localPort},0,`);
    second.write("hello");
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 2,5");
    expect(await host.command("AT+USORD=2,5")).toEqual(['+USORD: 2,5,"hello"', "OK"]);
    await host.command('AT+USOWR=1,2,"hi"');
    const [bytes] = (await once(first, "data")) as [Buffer];
    expect(bytes.toString()).toBe("hi");
  });

  it("resets a peer when all seven sockets are in use", async () => {
    const { host, own } = await listening();
    for (let id = 1; id < 7; id += 1) await host.command("AT+USOCR=17");
    // So early that the peer may not even know that it was connected.
    const peer = connect({ host: "127.0.0.1", port: own });
    const [error] = (await once(peer, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
    expect(await host.command("AT")).toEqual(["OK"]);
    expect(host.unread).toBe("");
  });

  it("takes nobody once it is closed; who is there stays", async () => {
    const { host, own } = await listening();
    const peer = await dial(own);
    await host.urc(/\+UUSOLI: /);
    expect(await host.command("AT+USOCL=0")).toEqual(["OK"]);
    await expect(once(connect({ host: "127.0.0.1", port: own }), "connect")).rejects.toThrow("ECONNREFUSED");
    peer.write("x");
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 1,1");
  });

  it("says so when the port is taken", async () => {
    const { host } = await listening();
    await host.command("AT+USOCR=6");
    expect(await host.command("AT+USOLI=1,1099")).toEqual(["ERROR"]);
    expect(await host.command("AT+USOCTL=1,1")).toEqual(["+USOCTL: 1,1,98", "OK"]);
  });

  it("ends with the power, and so do the connections", async () => {
    const { host, own } = await listening();
    const peer = await dial(own);
    await host.urc(/\+UUSOLI: /);
    const closed = once(peer.resume(), "close");
    await host.reboot();
    await closed;
    await expect(once(connect({ host: "127.0.0.1", port: own }), "connect")).rejects.toThrow("ECONNREFUSED");
  });
});
