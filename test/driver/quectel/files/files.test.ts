import { describe, expect, it } from "vitest";
import { startSession } from "../session";

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_value, byte) => byte));
const HOSTILE = Buffer.from("a\r\nOK\r\n\r\n+QFDWL: 3,1\r\nERROR\r\nRDY\r\n+CME ERROR: 405\r\n");

describe("BG96 files", () => {
  it("are listed", async () => {
    const { files, services } = await startSession();
    expect(await services.files.list()).toEqual([]);
    files.set("a.txt", Buffer.alloc(3));
    files.set("b", Buffer.alloc(0));
    expect(await services.files.list()).toEqual([
      { name: "a.txt", size: 3 },
      { name: "b", size: 0 },
    ]);
  });

  it("are replaced whole and checked by their checksum", async () => {
    const { peer, files, services } = await startSession();
    files.set("a", Buffer.from("old"));
    await services.files.write("a", ALL_BYTES);
    expect(files.get("a")).toEqual(ALL_BYTES);
    expect(peer.commands.map((line) => line.slice(0, 8))).toEqual(["AT+QFLST", "AT+QFDEL", "AT+QFUPL"]);
  });

  it.each([
    ["all byte values", ALL_BYTES],
    ["what looks like answers", HOSTILE],
    ["an odd number of bytes", Buffer.from("abc")],
    ["nothing", Buffer.alloc(0)],
    ["just +++", Buffer.from("+++")],
  ])("carry %s there and back", async (_what, content) => {
    for (const options of [{}, { pieces: 1 }, { echo: false }]) {
      const { files, services } = await startSession(options);
      await services.files.write("f", content);
      expect(files.get("f")).toEqual(content);
      expect(await services.files.read("f")).toEqual(content);
    }
  });

  it("never put +++ alone on the line", async () => {
    const { peer, services } = await startSession({ bytesPerSecond: 100 });
    await services.files.write("f", Buffer.from(`${"x".repeat(100)}+++`));
    await services.files.write("g", Buffer.from("+++"));
    expect(peer.uploads.map(String)).not.toContain("+++");
  });

  it("in chunks are read again from the beginning where a byte was lost on the way", async () => {
    const { peer, files, services } = await startSession({ bytesPerSecond: 100 });
    const content = Buffer.alloc(120, "0123456789");
    files.set("f", content);
    let damage = true;
    peer.on(/^AT\+QFREAD=\d+,20$/, (_match, print) => {
      print.line("CONNECT 20");
      print.raw(content.subarray(0, damage ? 19 : 20));
      damage = false;
      print.line("OK");
    });
    expect(await services.files.read("f")).toEqual(content);
    expect(peer.commands.filter((line) => line.startsWith("AT+QFOPEN="))).toHaveLength(2);
  });

  it("longer than a second of the line go in chunks, between which others get through", async () => {
    const { peer, channel, files, services } = await startSession({ bytesPerSecond: 100 });
    const content = Buffer.concat([ALL_BYTES, HOSTILE]);
    const progress: number[] = [];
    const write = services.files.write("f", content, { onProgress: (bytes) => progress.push(bytes) });
    const other = new Promise<void>((resolve) => {
      const leave = channel.onUrc("+CREG:", () => {
        leave();
        channel.send({ line: "AT+CPIN?", label: "AT+CPIN?", timeout: 1000 }).then(() => resolve(), resolve);
      });
    });
    peer.urc("+CREG: 1");
    await Promise.all([write, other]);
    const names = peer.commands.map((line) => line.replace(/[=?].*/, ""));
    expect(names.indexOf("AT+CPIN")).toBeLessThan(names.lastIndexOf("AT+QFWRITE"));
    expect(files.get("f")).toEqual(content);
    expect(progress.at(-1)).toBe(content.length);
    peer.commands.length = 0;
    expect(await services.files.read("f")).toEqual(content);
    expect(peer.commands[2]).toBe("AT+QFREAD=3000,50");
    expect(peer.commands.at(-1)).toBe("AT+QFCLOSE=3000");
  });

  it("are tried once more when the checksum differs, then fail", async () => {
    const { peer, files, services } = await startSession();
    files.set("f", Buffer.from("abc"));
    let tries = 0;
    peer.on(/^AT\+QFDWL="f"$/, (_match, print) => {
      print.line("CONNECT");
      print.raw(++tries === 1 ? "abX" : "abc");
      print.line("+QFDWL: 3,262");
      print.line("OK");
    });
    // 0x6162 ^ 0x6300 is 0x262.
    expect(String(await services.files.read("f"))).toBe("abc");
    peer.on(/^AT\+QFUPL="g"/, async (_match, print) => {
      await print.take(3);
      print.line("+QFUPL: 3,1");
      print.line("OK");
    });
    await expect(services.files.write("g", Buffer.from("abc"))).rejects.toMatchObject({
      code: "MODEM_REJECTED",
      message: expect.stringContaining("checksum"),
    });
    expect(peer.commands.filter((line) => line.startsWith('AT+QFUPL="g"'))).toHaveLength(2);
  });

  it("of which the line has damaged the size are no endless wait", async () => {
    const { peer, services } = await startSession();
    peer.on(/^AT\+QFLST="f"$/, ['+QFLST: "f",x', "OK"]);
    await expect(services.files.read("f")).rejects.toMatchObject({
      code: "MODEM_REJECTED",
      message: expect.stringContaining("size"),
    });
    expect(peer.commands).toEqual(Array(3).fill('AT+QFLST="f"'));
  });

  it("are closed again where the line has damaged the number of their handle", async () => {
    const { peer, files, services } = await startSession({ bytesPerSecond: 10 });
    files.set("f", Buffer.alloc(50));
    peer.on(/^AT\+QFOPEN="f",2$/, ["+QFOPEN: x", "OK"]);
    peer.on(/^AT\+QFOPEN\?$/, ['+QFOPEN: "other",2999,2', '+QFOPEN: "f",3001,2', "OK"]);
    peer.on(/^AT\+QFCLOSE=/, ["OK"]);
    await expect(services.files.read("f")).rejects.toMatchObject({ code: "MODEM_REJECTED" });
    expect(peer.commands.slice(-2)).toEqual(["AT+QFOPEN?", "AT+QFCLOSE=3001"]);
  });

  it.each([
    ["before it begins", /never/],
    ["while it is looked for", /^AT\+QFLST/],
    ["while the old one is deleted", /^AT\+QFDEL/],
    ["while it goes over the line", /^AT\+QFUPL/],
    ["between two blocks", /^AT\+QFWRITE/],
    ["while it is opened", /^AT\+QFOPEN/],
  ])("F39 are not written on when the caller leaves %s", async (_when, at) => {
    const isSlow = at.source.includes("QFWRITE") || at.source.includes("QFOPEN");
    const session = await startSession(isSlow ? { bytesPerSecond: 20 } : {});
    const { peer, files, services } = session;
    files.set("f", Buffer.from("old"));
    const abort = new AbortController();
    const gone = new Error("gone");
    if (at.source === "never") abort.abort(gone);
    const { write } = peer;
    peer.write = async (bytes) => {
      if (at.test(Buffer.from(bytes).toString("latin1"))) abort.abort(gone);
      return write.call(peer, bytes);
    };
    await expect(services.files.write("f", Buffer.alloc(50), { signal: abort.signal })).rejects.toBe(gone);
    const uploads = peer.commands.filter((line) => /^AT\+QF(UPL|WRITE)/.test(line));
    expect(uploads.length).toBe(at.source.includes("QFUPL") || at.source.includes("QFWRITE") ? 1 : 0);
    await services.files.write("f", Buffer.from("new"));
    expect(files.get("f")?.toString()).toBe("new");
  });

  it("F40 are replaced, never added to, when the answer to an upload was damaged", async () => {
    const { peer, files, services } = await startSession();
    let isDamaged = true;
    peer.on(/^AT\+QFUPL="f"/, async (_match, print) => {
      const before = files.get("f") ?? Buffer.alloc(0);
      files.set("f", Buffer.concat([before, await print.take(3)]));
      print.line(isDamaged ? "+QFUPL: 3,2" : "+QFUPL: 3,262");
      isDamaged = false;
      print.line("OK");
    });
    await services.files.write("f", Buffer.from("abc"));
    expect(files.get("f")?.toString()).toBe("abc");
  });

  it("leave no half behind when the drive is full", async () => {
    const { peer, files, services } = await startSession({ bytesPerSecond: 10 });
    peer.on(/^AT\+QFWRITE=/, ["+CME ERROR: 403"]);
    const write = services.files.write("f", Buffer.alloc(50));
    await expect(write).rejects.toMatchObject({ code: "MODEM_REJECTED", cause: { errorCode: 403 } });
    expect(files.has("f")).toBe(false);
    expect(peer.commands.some((line) => line.startsWith("AT+QFCLOSE"))).toBe(true);
  });

  it("that don't exist are MODEM_REJECTED", async () => {
    const { services } = await startSession();
    await expect(services.files.read("none")).rejects.toMatchObject({
      code: "MODEM_REJECTED",
      cause: { errorCode: 405 },
    });
    await expect(services.files.remove("none")).rejects.toMatchObject({ code: "MODEM_REJECTED" });
  });

  it.each(["", "*", "RAM:x", "../x", 'a"b', "a\r\nAT", "x".repeat(81)])("refuse the name %j", async (name) => {
    const { peer, services } = await startSession();
    for (const act of [
      services.files.read(name),
      services.files.write(name, Buffer.alloc(1)),
      services.files.remove(name),
    ]) {
      await expect(act).rejects.toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining("filename") });
    }
    expect(peer.commands).toEqual([]);
  });
});
