import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { ALL_BYTES, closedPort } from "../../internet/servers";
import { route } from "../../modem-host";
import { Bg96Host } from "../bg96-host";
import { onlineHost, open, peer, randomBytes, read, readAll, readStream, send, sha256 } from "./sockets-host";

const lastError = async (host: Bg96Host) => (await host.command("AT+QIGETERROR"))[0];

describe("+QIOPEN", () => {
  it("says OK at once and the result later", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await open(host, 3);
    const { remotePort } = await connected;
    expect(await host.command("AT+QISTATE=1,3")).toEqual([
      `+QISTATE: 3,"TCP","127.0.0.1",7,${remotePort},2,1,3,0,"uart1"`,
      "OK",
    ]);
  });

  it.each([
    '0,0,"TCP","a",1',
    '17,0,"TCP","a",1',
    '1,12,"TCP","a",1',
    '1,0,"TCPX","a",1',
    '1,0,"CONSTRUCTOR","a",1',
    '1,0,"TCP","",1',
    '1,0,"TCP","a",0',
    '1,0,"TCP","a",65536',
    '1,0,"TCP","a",1,65536',
    '1,0,"TCP","a",1,0,3',
    '1,0,"TCP LISTENER","127.0.0.1",0,0',
    '1,0,"TCP LISTENER","127.0.0.1",0,2020,2',
    '1,0,"UDP SERVICE","127.0.0.1",0,0',
    '1,0,"TCP",a,1',
    '1,0,"TCP","a"',
    '1,0,"TCP","a",1,0,0,0',
  ])("refuses %s", async (parameters) => {
    const host = await Bg96Host.online();
    expect(await host.command(`AT+QIOPEN=${parameters}`)).toEqual(["ERROR"]);
    expect(await lastError(host)).toBe('+QIGETERROR: 552,"Invalid parameters"');
  });

  it("tells that nobody listens there, and keeps the identity until it is closed", async () => {
    const host = await onlineHost(await closedPort());
    const line = 'AT+QIOPEN=1,0,"TCP","peer.test",7,0,0';
    await host.command(line);
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 0,566");
    expect(await lastError(host)).toBe('+QIGETERROR: 566,"Socket connect failed"');
    expect((await host.command("AT+QISTATE=1,0"))[0]).toContain(",0,1,0,0,");
    await host.command(line);
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 0,563");
    expect(await host.command("AT+QICLOSE=0")).toEqual(["OK"]);
    await host.command(line);
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 0,566");
  });

  it("tells that a name has no address, and that there is no name server", async () => {
    const host = await onlineHost(1);
    await host.command('AT+QIOPEN=1,0,"TCP","no-such-host.invalid",7');
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 0,565");
    await host.command('AT+QIDNSCFG=1,"0.0.0.0"');
    await host.command('AT+QIOPEN=1,1,"UDP","peer.test",7');
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 1,565");
  });

  it("needs an active context", async () => {
    const host = await Bg96Host.open();
    await host.command('AT+QIOPEN=1,0,"TCP","127.0.0.1",7');
    expect(await host.urc(/\+QIOPEN: /)).toBe("+QIOPEN: 0,561");
    expect(await host.command('AT+QIOPEN=1,1,"TCP","127.0.0.1",7,0,2')).toEqual(["ERROR"]);
    expect(await lastError(host)).toBe('+QIGETERROR: 561,"Open PDP context failed"');
  });

  it("has twelve identities", async () => {
    const host = await onlineHost((await peer()).port);
    for (let id = 0; id <= 11; id++) await open(host, id);
    expect(await host.command("AT+QISTATE?")).toHaveLength(13);
    expect(await host.command("AT+QISTATE=0,2")).toEqual(["OK"]);
    expect(await host.command("AT+QISTATE=0,1")).toHaveLength(13);
    for (const wrong of ["2,1", "0,17", "1,12", "1", "0"]) {
      expect(await host.command(`AT+QISTATE=${wrong}`)).toEqual(["ERROR"]);
    }
  });
});

describe("a stream", () => {
  it("carries every byte both ways", async () => {
    const { port, connected, has, received } = await peer();
    const host = await onlineHost(port);
    await open(host);
    expect(await send(host, 0, ALL_BYTES)).toBe("SEND OK");
    await has(256);
    expect(received()).toEqual(ALL_BYTES);
    (await connected).write(ALL_BYTES);
    expect(await readStream(host, 256)).toBe(ALL_BYTES.toString("latin1"));
    expect(await host.command("AT+QIRD=0,0")).toEqual(["+QIRD: 256,256,0", "OK"]);
    expect(await host.command("AT+QISEND=0,0")).toEqual(["+QISEND: 256,256,0", "OK"]);
  });

  it("carries a megabyte up, by waiting when the buffer is full", async () => {
    const { port, has, received } = await peer();
    const host = await onlineHost(port);
    await open(host);
    const data = randomBytes(1_000_000, 4);
    for (let offset = 0; offset < data.length; ) {
      const piece = data.subarray(offset, offset + 1460);
      const result = await send(host, 0, piece);
      expect(["SEND OK", "SEND FAIL"]).toContain(result);
      if (result === "SEND OK") offset += piece.length;
    }
    await has(data.length);
    expect(sha256(received())).toBe(sha256(data));
  });

  it("carries a megabyte down, of which the modem holds no more than its buffer", async () => {
    const data = randomBytes(1_000_000, 5);
    const { port, connected } = await peer((socket) => socket.write(data));
    const host = await onlineHost(port);
    await open(host);
    expect((await connected).writableLength + (await connected).bytesWritten).toBe(data.length);
    expect(sha256(await readStream(host, data.length))).toBe(sha256(data));
  });

  it("says recv once until the buffer was read empty", async () => {
    const { port, connected } = await peer();
    const host = await onlineHost(port);
    await open(host);
    const socket = await connected;
    const comes = async (text: string, total: number) => {
      socket.write(text);
      while ((await host.command("AT+QIRD=0,0"))[0]?.startsWith(`+QIRD: ${total},`) !== true);
    };
    socket.write("abc");
    expect(await host.urc(/\+QIURC: "recv"/)).toBe('+QIURC: "recv",0');
    await comes("def", 6);
    expect(await read(host, 0, 2)).toBe("ab");
    await comes("ghi", 9);
    expect(await read(host, 0, 3)).toBe("cde");
    expect(host.unread).toBe("");
    expect(await readAll(host)).toBe("fghi");
    socket.write("j");
    expect(await host.urc(/\+QIURC: "recv"/)).toBe('+QIURC: "recv",0');
    expect(await read(host, 0)).toBe("j");
  });

  it("refuses with SEND FAIL what has no room, and takes it when the peer has read", async () => {
    let socket: Socket | undefined;
    const { port, connected, has } = await peer((connection) => {
      socket = connection.pause();
    });
    const host = await onlineHost(port);
    await open(host);
    await connected;
    const piece = Buffer.alloc(1460, "x");
    let taken = 0;
    while ((await send(host, 0, piece)) === "SEND OK") taken += 1460;
    const full = (await host.command("AT+QISEND=0,0"))[0] ?? "";
    const [total = 0, acknowledged = 0, pending = 0] = (full.match(/\d+/g) ?? []).map(Number);
    expect([total, acknowledged + pending]).toEqual([taken, taken]);
    expect(pending).toBeGreaterThan(10 * 1460 - 1460);
    socket?.resume();
    await has(taken);
    while ((await host.command("AT+QISEND=0,0"))[0] !== `+QISEND: ${taken},${taken},0`);
    expect(await send(host, 0, piece)).toBe("SEND OK");
  });
});

describe("sending", () => {
  it("takes bytes up to Ctrl-Z, no more than 1460 of them", async () => {
    const { port, has, received } = await peer();
    const host = await onlineHost(port);
    await open(host);
    host.write("AT+QISEND=0\r");
    await host.until(/\r\n> /);
    host.write(`a\r\n${"b".repeat(1500)}\x1a`);
    await host.until(/\r\nSEND OK\r\n/);
    await has(1460);
    expect(received().toString()).toBe(`a\r\n${"b".repeat(1457)}`);
    host.write("AT+QISEND=0\r");
    await host.until(/\r\n> /);
    host.write("never\x1b");
    await host.until(/\r\nERROR\r\n/);
    expect(await lastError(host)).toBe('+QIGETERROR: 571,"Cancel send"');
    expect((await host.command("AT+QISEND=0,0"))[0]).toMatch(/^\+QISEND: 1460,/);
  });

  it("echoes what is typed unless +QISDE says not to", async () => {
    const { port } = await peer();
    const host = await Bg96Host.online([route("peer.test", 7, port)]);
    await open(host);
    host.write("AT+QISEND=0,4\r");
    await host.until(/\r\n> /);
    host.write("\x1a\x1bab");
    expect(await host.until(/SEND OK\r\n/)).toBe("\x1a\x1bab\r\nSEND OK\r\n");
  });

  it("takes up to 512 bytes in hexadecimal digits", async () => {
    const { port, has, received } = await peer();
    const host = await onlineHost(port);
    await open(host);
    const bytes = Buffer.concat([ALL_BYTES, ALL_BYTES]);
    host.write(`AT+QISENDEX=0,"${bytes.toString("hex")}"\r`);
    await host.until(/\r\nSEND OK\r\n/);
    await has(512);
    expect(received()).toEqual(bytes);
    for (const wrong of ['""', '"abc"', '"0g"', `"${"00".repeat(513)}"`, "00", '"00",1']) {
      expect(await host.command(`AT+QISENDEX=0,${wrong}`)).toEqual(["ERROR"]);
    }
  });

  it("refuses lengths out of range, and sockets that are not open", async () => {
    const host = await onlineHost((await peer()).port);
    await open(host);
    for (const wrong of ["0,1461", "12,1", "1,1", "0,1,2", '0,1,"127.0.0.1",9', "1", "1,0"]) {
      expect(await host.command(`AT+QISEND=${wrong}`)).toEqual(["ERROR"]);
    }
    for (const wrong of ["0,1501", "12", "1,10", "0,1,1", '"0"']) {
      expect(await host.command(`AT+QIRD=${wrong}`)).toEqual(["ERROR"]);
    }
  });
});
