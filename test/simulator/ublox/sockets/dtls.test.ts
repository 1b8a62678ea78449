import { describe, expect, it, vi } from "vitest";
import { CERTIFICATE, dtlsServer } from "../../../support/dtls-server";
import { needsTool } from "../../../support/needs";
import { ALL_BYTES } from "../../internet/servers";
import { pem } from "../../internet/tls-servers";
import { route } from "../../modem-host";
import { LaraHost } from "../lara-host";
import { importInto, run, SERVER } from "../security/secure-host";
import { readCounted, writeBinary } from "./socket-host";

const TOOL = needsTool("openssl");
const PORT = 5684;
const KEY = "00112233445566778899aabbccddeeff";
const PSK = ["-nocert", "-psk", KEY, "-psk_hint", "hint"];

/** UDP socket 0 with security profile 1, which checks the server. */
async function bench(args: readonly string[] = CERTIFICATE) {
  const server = await dtlsServer(args);
  const host = await LaraHost.open([route(SERVER, PORT, server.port)]);
  await importInto(host, 0, "root", pem("ca.cert"));
  await run(host, "AT+USECPRF=1,0,3", `AT+USECPRF=1,4,"${SERVER}"`, 'AT+CCLK="26/01/01,00:00:00+00"');
  expect(await host.command("AT+USOCR=17")).toEqual(["+USOCR: 0", "OK"]);
  await run(host, "AT+USOSEC=0,1,1");
  return { server, host };
}

describe.skipIf(TOOL.skip)(`+USOSEC of a UDP socket${TOOL.reason}`, () => {
  it("carries every byte value after +USOCO", async () => {
    const { server, host } = await bench();
    server.onData = (bytes) => server.send(bytes);
    expect(await host.command(`AT+USOCO=0,"${SERVER}",${PORT}`)).toEqual(["OK"]);
    expect(await writeBinary(host, "AT+USOWR=0,256", ALL_BYTES)).toBe("+USOWR: 0,256\r\n\r\nOK");
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,256");
    expect((await readCounted(host, "AT+USORD=0,1024")).data).toEqual(ALL_BYTES);
    expect(await host.command("AT+USOSEC=0,0")).toEqual(["+CME ERROR: operation not allowed"]);
    expect(await host.command("AT+USOCL=0")).toEqual(["OK"]);
  });

  it("shakes hands with the first datagram of +USOST, and has one peer then", async () => {
    const { server, host } = await bench();
    server.onData = (bytes) => server.send(bytes);
    expect(await host.command(`AT+USOST=0,"${SERVER}",${PORT},5,"hello"`)).toEqual(["+USOST: 0,5", "OK"]);
    expect(await host.urc(/\+UUSORD: /)).toBe("+UUSORD: 0,5");
    expect(await host.command("AT+USORF=0,5")).toEqual([`+USORF: 0,"${SERVER}",${PORT},5,"hello"`, "OK"]);
    expect(await host.command(`AT+USOST=0,"other.example",${PORT},5,"hello"`)).toEqual(["ERROR"]);
  });

  it("takes the profile's pre-shared key", async () => {
    const { server, host } = await bench(PSK);
    await run(host, `AT+USECPRF=1,8,"${KEY}",1`, 'AT+USECPRF=1,9,"meter"');
    expect(await host.command(`AT+USOCO=0,"${SERVER}",${PORT},1`)).toEqual(["OK"]);
    expect(await host.command("AT+USOER")).toEqual(["+CME ERROR: operation not allowed"]);
    expect(await host.urc(/\+UUSOCO: /)).toBe("+UUSOCO: 0,0");
    await host.command('AT+USOWR=0,2,"ok"');
    await vi.waitUntil(() => `${Buffer.concat(server.received)}` === "ok", { timeout: 20_000 });
  });

  it("fails with a server that the profile does not trust, and holds no place then", async () => {
    const { host } = await bench();
    await run(host, 'AT+USECPRF=1,4,"other.example"');
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(await host.command(`AT+USOCO=0,"${SERVER}",${PORT}`)).toEqual(["ERROR"]);
      expect(await host.urc(/\+UUSOCL: /)).toBe("+UUSOCL: 0");
      expect(await host.command("AT+USOER")).toEqual(["+USOER: 71", "OK"]);
      await host.command("AT+USOCR=17");
      await run(host, "AT+USOSEC=0,1,1");
    }
  });

  it("goes with the context", async () => {
    const { host } = await bench();
    await host.command(`AT+USOCO=0,"${SERVER}",${PORT}`);
    await host.command("AT+CGACT=0,1");
    expect(await host.urc(/\+UUSOCL: /)).toBe("+UUSOCL: 0");
  });
});
