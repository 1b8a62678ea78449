import { describe, expect, it } from "vitest";
import { isModemError } from "../../../../driver/errors";
import { rejection } from "../../../support/failure";
import type { PeerOptions } from "../../peer";
import { bench, expectExplained } from "../bench";
import { addFiles } from "../lara";

function storage(options: PeerOptions = {}) {
  const parts = bench(options);
  return { ...parts, stored: addFiles(parts.peer), files: parts.driver.services.files };
}

const TRAP = Buffer.concat([
  Buffer.from('"\r\nOK\r\n+URDBLOCK: "x",1,"y"\r\nERROR\r\n'),
  Buffer.from(Array.from({ length: 256 }, (_, value) => value)),
]);

describe("files on LARA-R6", () => {
  it("come back byte by byte as they were written", async () => {
    for (const content of [TRAP, Buffer.alloc(0), Buffer.alloc(200_000, TRAP)]) {
      const { files, peer } = storage();
      await files.write("a.bin", content);
      const progress: number[] = [];
      expect(await files.read("a.bin", { onProgress: (bytes) => progress.push(bytes) })).toEqual(content);
      expect(progress.at(-1) ?? 0).toBe(content.length);
      expectExplained(peer.commands);
    }
  });

  it("are replaced, never added to", async () => {
    const { files, peer, stored } = storage();
    await files.write("a", Buffer.from("one"));
    await files.write("a", Buffer.from("two"));
    expect(stored.get("a")?.toString()).toBe("two");
    expect(peer.commands.slice(2)).toEqual(['AT+UDELFILE="a"', 'AT+UDWNFILE="a",3']);
  });

  it("are listed with their sizes", async () => {
    const { files, stored, peer } = storage();
    expect(await files.list()).toEqual([]);
    stored.set("a,b.txt", Buffer.alloc(3)).set("c", Buffer.alloc(0));
    expect(await files.list()).toEqual([
      { name: "a,b.txt", size: 3 },
      { name: "c", size: 0 },
    ]);
    expectExplained(peer.commands);
  });

  it("are listed without one whose name no command can carry", async () => {
    const { files, stored } = storage();
    stored.set("a\xfc.bin", Buffer.from("abc")).set("b.bin", Buffer.from("ab"));
    expect(await files.list()).toEqual([{ name: "b.bin", size: 2 }]);
  });

  it("are removed; one that isn't there is an error", async () => {
    const { files, stored } = storage();
    stored.set("a", Buffer.from("x"));
    await files.remove("a");
    expect(stored.size).toBe(0);
    for (const work of [files.remove("a"), files.read("a")]) {
      await expect(work).rejects.toMatchObject({ code: "MODEM_REJECTED" });
    }
  });

  it("are read at once when small, in blocks of half a second of the line when large", async () => {
    const { files, stored, peer } = storage({ bytesPerSecond: 92_160 });
    stored.set("small", Buffer.alloc(46_080)).set("large", Buffer.alloc(100_000, 7));
    await files.read("small");
    expect(await files.read("large")).toEqual(Buffer.alloc(100_000, 7));
    expect(peer.commands.filter((line) => line.startsWith("AT+URDBLOCK"))).toEqual([
      'AT+URDBLOCK="small",0,46080',
      'AT+URDBLOCK="large",0,46080',
      'AT+URDBLOCK="large",46080,46080',
      'AT+URDBLOCK="large",92160,7840',
    ]);
  });

  it("are read to the end when the modem gives less than a block", async () => {
    const { files, stored, peer } = storage();
    stored.set("a", Buffer.from("0123456789"));
    peer.on(/^AT\+URDBLOCK="a",(\d+),(\d+)$/, ([, offset, length]) => {
      const part = "0123456789".slice(Number(offset), Number(offset) + Math.min(3, Number(length)));
      return [`+URDBLOCK: "a",${part.length},"${part}"`, "OK"];
    });
    expect((await files.read("a")).toString()).toBe("0123456789");
  });

  it.each([
    ["lost", "012345678"],
    ["doubled", "00123456789"],
    ["doubled before a quotation mark at the end", '0012345678"'],
  ])("are read again where a byte was %s on the way", async (_how, damaged) => {
    const { files, stored, peer } = storage();
    const content = damaged.endsWith('"') ? '012345678"' : "0123456789";
    stored.set("a", Buffer.from(content));
    let answers = 0;
    peer.on(/^AT\+URDBLOCK=/, () => {
      answers += 1;
      return [`+URDBLOCK: "a",10,"${answers === 1 ? damaged : content}"`, "OK"];
    });
    expect((await files.read("a")).toString()).toBe(content);
  });

  it("that are damaged every time are an error, not a wrong content", async () => {
    const { files, stored, peer } = storage();
    stored.set("a", Buffer.from("0123456789"));
    peer.on(/^AT\+URDBLOCK=/, ['+URDBLOCK: "a",10,"00123456789"', "OK"]);
    await expect(files.read("a")).rejects.toMatchObject({
      code: "MODEM_REJECTED",
      message: expect.stringContaining("Check cable"),
    });
  });

  it.each([
    ["less", 4],
    ["more", 100],
  ])("F33 are read whole when the line made %s of their size", async (_how, told) => {
    const { files, stored, peer } = storage();
    stored.set("a", Buffer.from("0123456789"));
    let asked = 0;
    peer.on(/^AT\+ULSTFILE=2,"a"$/, () => {
      asked += 1;
      return [`+ULSTFILE: ${asked === 1 ? told : 10}`, "OK"];
    });
    expect((await files.read("a")).toString()).toBe("0123456789");
  });

  it("F33 neighbour: are listed again when a line was lost", async () => {
    const { files, stored, peer } = storage();
    stored.set("a", Buffer.from("0")).set("b", Buffer.from("1"));
    let asked = 0;
    peer.on(/^AT\+ULSTFILE=0$/, () => {
      asked += 1;
      return asked === 1 ? ["OK"] : ['+ULSTFILE: "a","b"', "OK"];
    });
    expect(await files.list()).toHaveLength(2);
  });

  it("F40 are not added to an old one that can't be deleted", async () => {
    const { files, stored, peer } = storage();
    stored.set("a", Buffer.from("old"));
    peer.on(/^AT\+UDELFILE=/, ["+CME ERROR: operation not allowed"]);
    await expect(files.write("a", Buffer.from("new"))).rejects.toMatchObject({ code: "MODEM_REJECTED" });
    expect(peer.uploads).toEqual([]);
    stored.delete("a");
    await files.write("a", Buffer.from("new"));
    expect(stored.get("a")?.toString()).toBe("new");
  });

  it("that end before their size are an error, not an endless read", async () => {
    const { files, stored, peer } = storage();
    stored.set("a", Buffer.from("0123456789"));
    peer.on(/^AT\+URDBLOCK=/, ['+URDBLOCK: "a",0,""', "OK"]);
    await expect(files.read("a")).rejects.toMatchObject({ message: expect.stringContaining("byte 0 of 10") });
  });

  it("stop between two blocks when the caller aborts", async () => {
    const { files, stored, peer } = storage({ bytesPerSecond: 11_520 });
    stored.set("a", Buffer.alloc(50_000));
    const abort = new AbortController();
    const work = files.read("a", { signal: abort.signal, onProgress: () => abort.abort(new Error("enough")) });
    await expect(work).rejects.toThrow("enough");
    expect(peer.commands.filter((line) => line.startsWith("AT+URDBLOCK"))).toHaveLength(1);
  });

  it("that don't fit say how much is free", async () => {
    const { files, peer } = storage();
    peer.on(/^AT\+UDWNFILE=/, ["+CME ERROR: FILE SYSTEM FULL"]);
    await expect(files.write("a", Buffer.alloc(5000))).rejects.toMatchObject({
      code: "MODEM_REJECTED",
      message: expect.stringMatching(/5000 bytes are more than the 4096 that are free/),
    });
    await expect(files.write("a", Buffer.alloc(50))).rejects.toMatchObject({
      message: expect.stringContaining("FILE SYSTEM FULL"),
    });
  });

  it("of no bytes are refused in words where the modem takes none", async () => {
    const { files, peer } = storage();
    peer.on(/^AT\+UDWNFILE=".*",0$/, ["+CME ERROR: incorrect parameters"]);
    await expect(files.write("a", Buffer.alloc(0))).rejects.toMatchObject({ code: "NOT_SUPPORTED" });
  });

  it("have names that a command can carry; others are refused before anything is sent", async () => {
    const { files, peer } = storage();
    for (const name of ["", 'a"b', "a\rAT+CFUN=0", "ä", "x".repeat(249)]) {
      for (const attempt of [
        () => files.read(name),
        () => files.write(name, Buffer.from("x")),
        () => files.remove(name),
      ]) {
        const error = await rejection(attempt());
        expect(isModemError(error, "INVALID_INPUT")).toBe(true);
      }
    }
    expect(peer.commands).toEqual([]);
  });
});
