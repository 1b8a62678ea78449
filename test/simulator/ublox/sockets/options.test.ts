import { Socket as DatagramSocket } from "node:dgram";
import { connect, Socket } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { closedPort } from "../../internet/servers";
import { LaraHost } from "../lara-host";
import { connected, PEER, PORT, tcpBench } from "./socket-host";

async function withSockets(): Promise<LaraHost> {
  const host = await LaraHost.open();
  await host.command("AT+USOCR=6");
  await host.command("AT+USOCR=17");
  return host;
}

describe("+USOSO and +USOGO", () => {
  it.each([
    ["0,0,1", "0", "255"],
    ["0,0,2", "255", "0"],
    ["0,6,1", "0", "1"],
    ["0,6,2", "7200000", "2147483647"],
    ["0,65535,4", "0", "1"],
    ["0,65535,8", "0", "1"],
    ["1,65535,32", "0", "1"],
    ["0,65535,128", "0,0", "1,32767"],
    ["0,65535,512", "0", "1"],
  ])("%s is %s at first and can be %s", async (option, initial, other) => {
    const host = await withSockets();
    expect(await host.command(`AT+USOGO=${option}`)).toEqual([`+USOGO: ${initial}`, "OK"]);
    expect(await host.command(`AT+USOSO=${option},${other}`)).toEqual(["OK"]);
    expect(await host.command(`AT+USOGO=${option}`)).toEqual([`+USOGO: ${other}`, "OK"]);
  });

  it.each([
    ["AT+USOSO=0,0,2,256", "incorrect parameters"],
    ["AT+USOSO=0,6,1,2", "incorrect parameters"],
    ["AT+USOSO=0,6,2,2147483648", "incorrect parameters"],
    ["AT+USOSO=0,6,1,1,1", "incorrect parameters"],
    ["AT+USOSO=0,6,3,1", "incorrect parameters"],
    ["AT+USOSO=0,65535,128,1,32768", "incorrect parameters"],
    ["AT+USOSO=1,6,1,1", "operation not allowed"],
    ["AT+USOSO=0,65535,32,1", "operation not allowed"],
    ["AT+USOGO=2,6,1", "operation not allowed"],
  ])("%s is refused: %s", async (line, words) => {
    expect(await (await withSockets()).command(line)).toEqual([`+CME ERROR: ${words}`]);
  });

  it("resets a connection that lingers for no time", async () => {
    const { host, peer } = await connected();
    const failed = new Promise<Error>((resolve) => peer.once("error", resolve));
    peer.resume();
    await host.command("AT+USOSO=0,65535,128,1,0");
    expect(await host.command("AT+USOCL=0")).toEqual(["OK"]);
    expect((await failed).message).toContain("ECONNRESET");
  });

  it("gives up at the linger time what the network does not take", async () => {
    const { host, peer } = await connected();
    const failed = new Promise<Error>((resolve) => peer.once("error", resolve));
    peer.resume();
    await host.command("AT+USOSO=0,65535,128,1,50");
    host.fault("congestion");
    await host.command('AT+USOWR=0,2,"ab"');
    expect(await host.command("AT+USOCL=0")).toEqual(["OK"]);
    expect((await failed).message).toContain("ECONNRESET");
    expect(peer.bytesRead).toBe(0);
  });

  it("keeps a connection alive, and sends without delay, as the connected socket is told", async () => {
    const keepAlive = vi.spyOn(Socket.prototype, "setKeepAlive");
    const noDelay = vi.spyOn(Socket.prototype, "setNoDelay");
    onTestFinished(() => void vi.restoreAllMocks());
    const { host } = await connected();
    keepAlive.mockClear();
    for (const option of ["65535,8,1", "6,2,30000", "6,1,1"]) await host.command(`AT+USOSO=0,${option}`);
    expect(keepAlive.mock.lastCall).toEqual([true, 30_000]);
    expect(noDelay.mock.lastCall).toEqual([true]);
    await host.command("AT+USOSO=0,65535,8,0");
    expect(keepAlive.mock.lastCall?.[0]).toBe(false);
  });

  it("does so with what was set before it connected", async () => {
    const keepAlive = vi.spyOn(Socket.prototype, "setKeepAlive");
    onTestFinished(() => void vi.restoreAllMocks());
    const { host } = await tcpBench();
    await host.command("AT+USOCR=6");
    for (const option of ["65535,8,1", "6,2,30000"]) await host.command(`AT+USOSO=0,${option}`);
    expect(keepAlive).not.toHaveBeenCalled();
    await host.command(`AT+USOCO=0,"${PEER}",${PORT}`);
    expect(keepAlive.mock.calls).toContainEqual([true, 30_000]);
  });

  it("sends datagrams to everybody, and over so many hops, as it is told", async () => {
    const broadcast = vi.spyOn(DatagramSocket.prototype, "setBroadcast");
    const hops = vi.spyOn(DatagramSocket.prototype, "setTTL");
    onTestFinished(() => void vi.restoreAllMocks());
    const host = await withSockets();
    await host.command("AT+USOSO=1,65535,32,1");
    await host.command("AT+USOSO=1,0,2,7");
    expect(broadcast.mock.lastCall).toEqual([true]);
    expect(hops.mock.lastCall).toEqual([7]);
  });

  it("gives an accepted connection what its listener has", async () => {
    const port = await closedPort();
    const host = await LaraHost.open();
    await host.command("AT+USOCR=6");
    await host.command("AT+USOSO=0,65535,8,1");
    await host.command(`AT+USOLI=0,${port}`);
    const client = connect(port, "127.0.0.1");
    onTestFinished(() => void client.destroy());
    await host.urc(/\+UUSOLI: 1/);
    expect(await host.command("AT+USOGO=1,65535,8")).toEqual(["+USOGO: 1", "OK"]);
  });

  it("forgets a socket's options with the socket", async () => {
    const host = await withSockets();
    await host.command("AT+USOSO=0,6,1,1");
    await host.command("AT+USOCL=0");
    await host.command("AT+USOCR=6");
    expect(await host.command("AT+USOGO=0,6,1")).toEqual(["+USOGO: 0", "OK"]);
  });
});

describe("+USOCFG", () => {
  it("is kept over a reboot", async () => {
    const host = await LaraHost.open();
    expect(await host.command("AT+USOCFG=1,1")).toEqual(["OK"]);
    await host.reboot();
    expect(await host.command("AT+USOCFG=1")).toEqual(["+USOCFG: 1,1", "OK"]);
    expect(await host.command("AT+USOCFG=2")).toEqual(["+USOCFG: 2,0", "OK"]);
  });
});
