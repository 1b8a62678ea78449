import { describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../../support/clock";
import { ALL_BYTES } from "../../internet/servers";
import { Bg96Host } from "../bg96-host";

// No guard time, gap or timeout is waited for in real time.
vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

/** The checksum of the FILE note, by another way than the simulator's. */
function checksum(content: Buffer): string {
  const even = content.length % 2 === 0 ? content : Buffer.concat([content, Buffer.alloc(1)]);
  let sum = 0;
  for (let at = 0; at < even.length; at += 2) sum ^= even.readUInt16BE(at);
  return sum.toString(16);
}

const upload = (host: Bg96Host, name: string, content: string | Buffer, more = "") =>
  host.enter(`AT+QFUPL="${name}",${content.length}${more}`, content);

describe("+QFUPL and +QFDWL", () => {
  it.each([
    ["every byte value", ALL_BYTES],
    ["an odd number of bytes", Buffer.from("abc")],
    ["what looks like a result", Buffer.from("\r\nOK\r\n+++\r\n+QFDWL: 1,1\r\n")],
    ["100 kB", Buffer.alloc(100_000, ALL_BYTES)],
  ])("carry %s, with length and checksum", async (_, content) => {
    const host = await Bg96Host.open();
    const told = `${content.length},${checksum(content)}`;
    expect(await upload(host, "a.bin", content)).toEqual([`+QFUPL: ${told}`, "OK"]);
    const end = new RegExp(`\\r\\n\\+QFDWL: ${told}\\r\\n\\r\\nOK\\r\\n$`);
    const data = await host.dataOf('AT+QFDWL="a.bin"', end);
    expect(data.replace(end, "") === content.toString("latin1")).toBe(true);
  });

  it("refuse a name that exists, and one that does not", async () => {
    const host = await Bg96Host.open();
    await upload(host, "a.txt", "one");
    expect(await upload(host, "a.txt", "two")).toEqual(["+CME ERROR: 407"]);
    expect(await host.command('AT+QFDWL="b.txt"')).toEqual(["+CME ERROR: 405"]);
  });

  it("keep what came when the host falls silent", async () => {
    const host = await Bg96Host.open();
    expect(await host.enter('AT+QFUPL="a.txt",100,1', "half")).toEqual([
      `+QFUPL: 4,${checksum(Buffer.from("half"))}`,
      "OK",
    ]);
    expect(await host.command("AT+QFLST")).toEqual(['+QFLST: "a.txt",4', "OK"]);
  });

  it("count the timeout from the last piece", async () => {
    const host = await Bg96Host.open();
    host.write('AT+QFUPL="slow.txt",3,1\r');
    await host.until(/CONNECT\r\n/);
    for (const letter of "abc") {
      host.write(letter);
      await new Promise((resolve) => setTimeout(resolve, 600));
    }
    expect(await host.until(/OK\r\n/)).toContain("+QFUPL: 3,");
  });

  it("keep what came before +++", async () => {
    const host = await Bg96Host.open();
    await host.command("ATS12=2");
    host.write('AT+QFUPL="a.txt",100\r');
    await host.until(/CONNECT\r\n/);
    host.write("half");
    await new Promise((resolve) => setTimeout(resolve, 100));
    host.write("+++");
    expect(await host.until(/OK\r\n/)).toContain("+QFUPL: 4,");
  });

  it("acknowledge each 1024 bytes when they are asked to", async () => {
    const host = await Bg96Host.open();
    host.write('AT+QFUPL="a.bin",2500,5,1\r');
    await host.until(/CONNECT\r\n/);
    for (const size of [1024, 1024]) {
      host.write(Buffer.alloc(size));
      expect(await host.until(/A/)).toBe("A");
    }
    host.write(Buffer.alloc(452));
    expect(await host.until(/OK\r\n/)).toBe("\r\n+QFUPL: 2500,0\r\n\r\nOK\r\n");
  });

  it.each([
    ["AT+QFUPL=a.txt,3", 400],
    ['AT+QFUPL="a.txt",0', 400],
    ['AT+QFUPL="a.txt",3,0', 400],
    ['AT+QFUPL="a.txt",3,5,2', 400],
    ['AT+QFUPL="",3', 406],
    ['AT+QFUPL="a/b",3', 406],
    ['AT+QFUPL="SD:a",3', 406],
    [`AT+QFUPL="${"n".repeat(81)}",3`, 406],
    ['AT+QFUPL="RAM:big",1048576,1', 403],
  ])("refuse %s with %i", async (line, code) => {
    const host = await Bg96Host.open();
    if (code === 403) await upload(host, "RAM:small", "x");
    expect(await host.command(line)).toEqual([`+CME ERROR: ${code}`]);
  });

  it("take a name of 80 bytes", async () => {
    const host = await Bg96Host.open();
    const name = "n".repeat(80);
    expect((await upload(host, name, "x")).at(-1)).toBe("OK");
    expect(await host.command("AT+QFLST")).toEqual([`+QFLST: "${name}",1`, "OK"]);
  });

  it("print their errors in words", async () => {
    const host = await Bg96Host.open();
    await host.command("AT+CMEE=2");
    expect(await host.command('AT+QFDWL="b.txt"')).toEqual(["+CME ERROR: File not found"]);
  });
});

describe("+QFLST, +QFDEL and +QFLDS", () => {
  it("list and delete by pattern, each drive for itself", async () => {
    const host = await Bg96Host.open();
    for (const name of ["a.txt", "b.txt", "b.bin", "RAM:a.txt"]) await upload(host, name, "12345");
    expect(await host.command('AT+QFLST="*.txt"')).toEqual(['+QFLST: "a.txt",5', '+QFLST: "b.txt",5', "OK"]);
    expect(await host.command('AT+QFLST="RAM:*"')).toEqual(['+QFLST: "RAM:a.txt",5', "OK"]);
    expect(await host.command('AT+QFLST="UFS:b.bin"')).toEqual(['+QFLST: "b.bin",5', "OK"]);
    expect(await host.command("AT+QFLDS")).toEqual(["+QFLDS: 15,3", "OK"]);
    expect(await host.command('AT+QFDEL="b*"')).toEqual(["OK"]);
    expect(await host.command("AT+QFLST")).toEqual(['+QFLST: "a.txt",5', "OK"]);
    expect(await host.command('AT+QFDEL="*"')).toEqual(["OK"]);
    expect(await host.command('AT+QFDEL="*"')).toEqual(["OK"]);
    expect(await host.command('AT+QFLST="RAM:a.txt"')).toEqual(['+QFLST: "RAM:a.txt",5', "OK"]);
  });

  it("tell what is free", async () => {
    const host = await Bg96Host.open();
    expect(await host.command('AT+QFLDS="RAM"')).toEqual(["+QFLDS: 1048576,1048576", "OK"]);
    await upload(host, "RAM:a", "12345");
    expect(await host.command('AT+QFLDS="RAM"')).toEqual(["+QFLDS: 1048571,1048576", "OK"]);
    expect(await host.command('AT+QFLDS="SD"')).toEqual(["+CME ERROR: 400"]);
  });

  it("refuse a single name that is not there", async () => {
    const host = await Bg96Host.open();
    expect(await host.command('AT+QFDEL="a.txt"')).toEqual(["+CME ERROR: 405"]);
    expect(await host.command('AT+QFLST="a.txt"')).toEqual(["+CME ERROR: 405"]);
  });

  it("find UFS as it was after a reboot, and RAM empty", async () => {
    const host = await Bg96Host.open();
    await upload(host, "a.txt", "1");
    await upload(host, "RAM:a.txt", "1");
    await host.command("AT+CFUN=1,1");
    await host.urc(/APP RDY/);
    await host.quiet();
    expect(await host.command("AT+QFLST")).toEqual(['+QFLST: "a.txt",1', "OK"]);
    expect(await host.command('AT+QFLST="RAM:*"')).toEqual(["OK"]);
  });
});

describe("open files", () => {
  it("are read from where they stand, to the end and no further", async () => {
    const host = await Bg96Host.open();
    await upload(host, "a.txt", "0123456789");
    expect(await host.command('AT+QFOPEN="a.txt",2')).toEqual(["+QFOPEN: 1", "OK"]);
    host.write("AT+QFREAD=1,4\r");
    expect(await host.until(/OK\r\n/)).toBe("\r\nCONNECT 4\r\n0123\r\nOK\r\n");
    expect(await host.command("AT+QFPOSITION=1")).toEqual(["+QFPOSITION: 4", "OK"]);
    expect(await host.dataOf("AT+QFREAD=1")).toBe("456789\r\nOK\r\n");
    expect(await host.command("AT+QFREAD=1")).toEqual(["+CME ERROR: 402"]);
    expect(await host.command("AT+QFSEEK=1,-3,2")).toEqual(["OK"]);
    expect(await host.dataOf("AT+QFREAD=1,2")).toBe("78\r\nOK\r\n");
    expect(await host.command("AT+QFSEEK=1,1,1")).toEqual(["OK"]);
    expect(await host.command("AT+QFREAD=1")).toEqual(["+CME ERROR: 402"]);
    expect(await host.command("AT+QFSEEK=1,11")).toEqual(["+CME ERROR: 401"]);
    expect(await host.command("AT+QFSEEK=1,-1")).toEqual(["+CME ERROR: 400"]);
    expect(await host.command("AT+QFCLOSE=1")).toEqual(["OK"]);
    expect(await host.command("AT+QFREAD=1")).toEqual(["+CME ERROR: 416"]);
  });

  it("are written in place, extended and cut", async () => {
    const host = await Bg96Host.open();
    await upload(host, "a.txt", "0123456789");
    await host.command('AT+QFOPEN="a.txt"');
    await host.command("AT+QFSEEK=1,8");
    expect(await host.enter("AT+QFWRITE=1,4", "abcd")).toEqual(["+QFWRITE: 4,12", "OK"]);
    expect(await host.command("AT+QFPOSITION=1")).toEqual(["+QFPOSITION: 12", "OK"]);
    await host.command("AT+QFSEEK=1,0");
    expect(await host.enter("AT+QFWRITE=1,100,1", "xy")).toEqual(["+QFWRITE: 2,12", "OK"]);
    await host.command("AT+QFSEEK=1,9");
    expect(await host.command("AT+QFTUCAT=1")).toEqual(["OK"]);
    await host.command("AT+QFCLOSE=1");
    expect(await host.dataOf('AT+QFDWL="a.txt"')).toMatch(/^xy234567a\r\n\+QFDWL: 9,/);
  });

  it("are made, emptied or only read as the mode says", async () => {
    const host = await Bg96Host.open();
    expect(await host.command('AT+QFOPEN="a.txt",2')).toEqual(["+CME ERROR: 405"]);
    expect(await host.command('AT+QFOPEN="a.txt",0')).toEqual(["+QFOPEN: 1", "OK"]);
    expect(await host.command('AT+QFOPEN="a.txt",0')).toEqual(["+CME ERROR: 426"]);
    await host.enter("AT+QFWRITE=1,3", "abc");
    expect(await host.command('AT+QFDEL="a.txt"')).toEqual(["+CME ERROR: 418"]);
    await host.command("AT+QFCLOSE=1");
    await host.command('AT+QFOPEN="a.txt",2');
    expect(await host.command("AT+QFWRITE=1,3")).toEqual(["+CME ERROR: 414"]);
    expect(await host.command("AT+QFTUCAT=1")).toEqual(["+CME ERROR: 414"]);
    expect(await host.command("AT+QFOPEN?")).toEqual(['+QFOPEN: "a.txt",1,2', "OK"]);
    await host.command("AT+QFCLOSE=1");
    await host.command('AT+QFOPEN="a.txt",1');
    expect(await host.command("AT+QFLST")).toEqual(['+QFLST: "a.txt",0', "OK"]);
  });

  it("are ten at most", async () => {
    const host = await Bg96Host.open();
    for (let number = 1; number <= 10; number += 1) {
      expect(await host.command(`AT+QFOPEN="${number}"`)).toEqual([`+QFOPEN: ${number}`, "OK"]);
    }
    expect(await host.command('AT+QFOPEN="11"')).toEqual(["+CME ERROR: 413"]);
    await host.command("AT+QFCLOSE=3");
    expect(await host.command('AT+QFOPEN="11"')).toEqual(["+QFOPEN: 3", "OK"]);
  });
});
