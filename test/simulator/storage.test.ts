import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileStorage } from "../../simulator/file-storage";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "modem-state-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, value) => value));

describe("a state file", () => {
  it("keeps settings and files of any bytes", () => {
    const file = path.join(folder, "state.json");
    const before = new FileStorage(file);
    before.set("profile", { number: 100, list: [1, "two"] });
    before.files.write('od"d name', everyByte);
    before.flush();
    const after = new FileStorage(file);
    expect(after.get("profile")).toEqual({ number: 100, list: [1, "two"] });
    expect(after.files.read('od"d name')).toEqual(everyByte);
    expect(after.files.free).toBe(after.files.capacity - 256);
    expect(after.get("never")).toBeUndefined();
  });

  it("is put in place at once: no half file, nothing left beside it", () => {
    const file = path.join(folder, "state.json");
    const storage = new FileStorage(file);
    storage.set("a", 1);
    storage.flush();
    storage.set("a", 2);
    storage.flush();
    expect(readdirSync(folder)).toEqual(["state.json"]);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ nvm: { a: 2 }, files: {} });
  });

  it.each(["", "null", "[]", '"text"', '{"nvm":5}', '{"files":[]}', '{"files":{"a":5}}', '{"files":{"a":null}}'])(
    "is refused in words that name it when it says %j",
    (content) => {
      const file = path.join(folder, "state.json");
      writeFileSync(file, content);
      expect(() => new FileStorage(file)).toThrow(`${file} is not a state file of a simulated modem`);
      expect(readFileSync(file, "utf8")).toBe(content);
    },
  );

  it("is written by itself soon after a change", async () => {
    const file = path.join(folder, "state.json");
    new FileStorage(file).set("a", 1);
    await expect.poll(() => readdirSync(folder)).toEqual(["state.json"]);
  });

  it.each(["not json", '"text"', "null"])("that holds %s is refused by name, and left alone", (content) => {
    const file = path.join(folder, "state.json");
    writeFileSync(file, content);
    expect(() => new FileStorage(file)).toThrow(/state\.json is not a state file/);
    expect(readFileSync(file, "utf8")).toBe(content);
  });
});

describe("files", () => {
  it("are refused when they do not fit, and the room comes back when they go", () => {
    const { files } = new FileStorage();
    files.write("big", Buffer.alloc(files.capacity - 10));
    expect(() => files.write("more", Buffer.alloc(11))).toThrow(RangeError);
    expect(files.names()).toEqual(["big"]);
    files.write("big", Buffer.alloc(4));
    expect(files.free).toBe(files.capacity - 4);
    expect(files.remove("big")).toBe(true);
    expect(files.remove("big")).toBe(false);
    expect(files.free).toBe(files.capacity);
  });

  it("are not changed through what was set", () => {
    const storage = new FileStorage();
    const list = [1];
    storage.set("list", list);
    list.push(2);
    expect(storage.get("list")).toEqual([1]);
  });
});
