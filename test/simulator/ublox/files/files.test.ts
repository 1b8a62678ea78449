import { describe, expect, it } from "vitest";
import { LaraHost } from "../lara-host";

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, value) => value));

async function withFile(name: string, content: Buffer): Promise<LaraHost> {
  const host = await LaraHost.open();
  expect(await host.upload(`AT+UDWNFILE="${name}",${content.length}`, content)).toBe("OK");
  return host;
}

describe("files", () => {
  it("come back as they were written, whatever bytes they hold", async () => {
    const content = Buffer.concat([ALL_BYTES, Buffer.from('\r\nOK\r\n"+++\x1a'), ALL_BYTES]);
    const host = await withFile("a.bin", content);
    expect(await host.read('AT+URDFILE="a.bin"')).toEqual(content);
  });

  it("can be read block by block, the last one shorter", async () => {
    const host = await withFile("a.txt", Buffer.from("0123456789"));
    expect((await host.read('AT+URDBLOCK="a.txt",0,4')).toString()).toBe("0123");
    expect((await host.read('AT+URDBLOCK="a.txt",8,4')).toString()).toBe("89");
    expect((await host.read('AT+URDBLOCK="a.txt",10,4')).toString()).toBe("");
    expect(await host.command('AT+URDBLOCK="a.txt",11,4')).toEqual(["+CME ERROR: FFS file range"]);
  });

  it("F44 print their name in quotation marks, read whole or in blocks", async () => {
    const host = await withFile("a.txt", Buffer.from("hello"));
    expect(await host.command('AT+URDFILE="a.txt"')).toEqual(['+URDFILE: "a.txt",5,"hello"', "OK"]);
    expect(await host.command('AT+URDBLOCK="a.txt",1,2')).toEqual(['+URDBLOCK: "a.txt",2,"el"', "OK"]);
  });

  it("are listed, measured and deleted", async () => {
    const host = await withFile("a.txt", Buffer.from("hello"));
    expect(await host.upload('AT+UDWNFILE="b.txt",1,"USER"', Buffer.from("x"))).toBe("OK");
    expect(await host.command("AT+ULSTFILE=0")).toEqual(['+ULSTFILE: "a.txt","b.txt"', "OK"]);
    expect(await host.command('AT+ULSTFILE=2,"a.txt"')).toEqual(["+ULSTFILE: 5", "OK"]);
    expect(await host.command('AT+UDELFILE="a.txt"')).toEqual(["OK"]);
    expect(await host.command("AT+ULSTFILE=")).toEqual(['+ULSTFILE: "b.txt"', "OK"]);
    expect(await host.command('AT+UDELFILE="b.txt"')).toEqual(["OK"]);
    expect(await host.command("AT+ULSTFILE")).toEqual(["+ULSTFILE: ", "OK"]);
  });

  it("take their size from the free space and give it back", async () => {
    const host = await LaraHost.open();
    const free = async () => Number((await host.command("AT+ULSTFILE=1"))[0]?.split(" ")[1]);
    const before = await free();
    await host.upload('AT+UDWNFILE="a",1000', Buffer.alloc(1000));
    expect(before - (await free())).toBeGreaterThanOrEqual(1000);
    await host.command('AT+UDELFILE="a"');
    expect(await free()).toBe(before);
  });

  it("F44 grow when they are written again", async () => {
    const host = await withFile("a.txt", Buffer.from("hello"));
    expect(await host.upload('AT+UDWNFILE="a.txt",3', Buffer.from("\n\0!"))).toBe("OK");
    expect((await host.read('AT+URDFILE="a.txt"')).toString()).toBe("hello\n\0!");
    expect(await host.command('AT+ULSTFILE=2,"a.txt"')).toEqual(["+ULSTFILE: 8", "OK"]);
  });

  it("F44 neighbour: a body of 3000 bytes comes in pieces of 256, as ubxlib sends it", async () => {
    const host = await LaraHost.open();
    const body = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7) % 256));
    for (let offset = 0; offset < body.length; offset += 256) {
      const piece = body.subarray(offset, offset + 256);
      expect(await host.upload(`AT+UDWNFILE="post",${piece.length}`, piece)).toBe("OK");
    }
    expect(await host.read('AT+URDFILE="post"')).toEqual(body);
  });

  it("F44 neighbour: a file that was deleted begins anew", async () => {
    const host = await withFile("a.txt", Buffer.from("hello"));
    await host.command('AT+UDELFILE="a.txt"');
    await host.upload('AT+UDWNFILE="a.txt",2', Buffer.from("hi"));
    expect((await host.read('AT+URDFILE="a.txt"')).toString()).toBe("hi");
  });

  it("F44 neighbour: what is too large leaves a file as it was", async () => {
    const host = await withFile("a.txt", Buffer.from("hello"));
    expect(await host.command('AT+UDWNFILE="a.txt",2000000000')).toEqual(["+CME ERROR: NOT ENOUGH FREE SPACE"]);
    expect((await host.read('AT+URDFILE="a.txt"')).toString()).toBe("hello");
  });

  it("survive a reboot", async () => {
    const host = await withFile("a.txt", Buffer.from("hello"));
    await host.reboot();
    expect((await host.read('AT+URDFILE="a.txt"')).toString()).toBe("hello");
  });

  it("are refused without a prompt when they do not fit", async () => {
    const host = await LaraHost.open();
    expect(await host.command('AT+UDWNFILE="a",2000000000')).toEqual(["+CME ERROR: NOT ENOUGH FREE SPACE"]);
  });

  it.each([
    ['AT+URDFILE="none"', "FILE NOT FOUND"],
    ['AT+URDBLOCK="none",0,1', "FILE NOT FOUND"],
    ['AT+UDELFILE="none"', "FILE NOT FOUND"],
    ['AT+ULSTFILE=2,"none"', "FILE NOT FOUND"],
    ['AT+UDWNFILE="",1', "FFS invalid filename"],
    [`AT+UDWNFILE="${"a".repeat(249)}",1`, "FFS invalid filename"],
    ['AT+UDWNFILE="a",0', "incorrect parameters"],
    ['AT+UDWNFILE="a"', "incorrect parameters"],
    ["AT+UDWNFILE=a,1", "incorrect parameters"],
    ['AT+UDWNFILE="a",1,"USER",1', "incorrect parameters"],
    ['AT+UDWNFILE="a",1,"FOAT"', "operation not supported"],
    ['AT+URDBLOCK="a",0', "incorrect parameters"],
    ['AT+URDBLOCK="a",-1,1', "incorrect parameters"],
    ["AT+ULSTFILE=3", "incorrect parameters"],
    ["AT+ULSTFILE=2", "incorrect parameters"],
    ['AT+ULSTFILE=0,"USER",1', "incorrect parameters"],
    ["AT+UDELFILE=", "incorrect parameters"],
    ["AT+URDFILE?", "operation not supported"],
  ])("%s is refused: %s", async (line, words) => {
    const host = await LaraHost.open();
    expect(await host.command(line)).toEqual([`+CME ERROR: ${words}`]);
  });

  it("tell errors by number when asked to", async () => {
    const host = await LaraHost.open();
    await host.command("AT+CMEE=1");
    expect(await host.command('AT+UDELFILE="none"')).toEqual(["+CME ERROR: 1612"]);
  });

  it("may have the longest name", async () => {
    const name = "n".repeat(248);
    const host = await withFile(name, Buffer.from("x"));
    expect((await host.read(`AT+URDFILE="${name}"`)).toString()).toBe("x");
  });
});
