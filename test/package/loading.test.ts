import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ROOT } from "../support/paths";

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const NODES: string[] = Object.values(manifest["node-red"].nodes);
const BUNDLES = ["dist/driver/index.js", "dist/nodes/runtime.js"];

/** What a process of its own has read when it has run `code`, the package's files by their path in it. */
function filesRead(code: string): string[] {
  const print = `console.log(JSON.stringify(Object.keys(require.cache).map((file) => require("node:path").relative(${JSON.stringify(ROOT)}, file))))`;
  const script = `const nodes = ${JSON.stringify(NODES)}.map((node) => require("./" + node)); ${code}; ${print}`;
  const printed = execFileSync(process.execPath, ["-e", script], { cwd: ROOT, encoding: "utf8" });
  return (JSON.parse(printed) as string[]).map((file) => file.replaceAll("\\", "/"));
}

/** What a bundle below dist/ has been made of. */
function sourcesOf(bundle: string): Set<string> {
  const text = readFileSync(join(ROOT, "dist", bundle), "utf8");
  return new Set([...text.matchAll(/^\/\/ (.*\.ts)$/gm)].map(([, source = ""]) => source));
}

/** Whether the part of the nodes that is read later is there: with a modem that is not used, and when `code` has run. */
function laterRead(code: string): boolean[] {
  const script = `
    const { EventEmitter } = require("node:events");
    const types = {};
    const made = {};
    let ask;
    const createNode = (node, { id }) => {
      const { on } = EventEmitter.prototype;
      Object.assign(node, { id, on, log() {}, warn() {}, error() {}, status() {}, send() {} });
    };
    const RED = {
      nodes: {
        createNode,
        registerType: (type, constructor) => void (types[type] = constructor),
        getNode: (id) => made[id],
        getCredentials() {},
        eachNode() {},
      },
      auth: { needsPermission() {} },
      httpAdmin: { get() {}, post: (path, permission, handler) => void (ask = () => handler({ body: {} }, { json() {} })) },
      settings: {},
      events: new EventEmitter(),
      log: { warn() {} },
      _: (key) => key,
    };
    const make = (type) => void (made[type] = new types[type]({ id: type, type, version: 1, modem: "modem", port: "/dev/ttyUSB9" }));
    const isRead = () => Object.keys(require.cache).some((file) => /nodes.later\\.js$/.test(file));
    for (const node of ${JSON.stringify(NODES)}) require("./" + node)(RED);
    make("modem");
    const before = isRead();
    ${code};
    console.log(JSON.stringify([before, isRead()]));
    process.exit()`;
  return JSON.parse(execFileSync(process.execPath, ["-e", script], { cwd: ROOT, encoding: "utf8" }));
}

describe("what the package loads", () => {
  it("is one small file a node, and two bundles that they share", () => {
    expect(filesRead("").sort()).toEqual([...NODES, ...BUNDLES].sort());
  });

  it("has what only a flow's own nodes need from the first of them, and not for a config node of a modem", () => {
    const others = NODES.map((node) => basename(node, ".js")).filter((type) => type !== "modem");
    expect(others.length).toBe(NODES.length - 1);
    for (const type of others) expect([type, ...laterRead(`make("${type}")`)]).toEqual([type, false, true]);
    expect(laterRead("ask()")).toEqual([false, true]);
  });

  it("has neither the simulator nor the serial bindings in it for a modem on a serial port that is not open", () => {
    const read = filesRead(`require("./dist/driver").createModem({ port: "/dev/ttyUSB0" })`);
    expect(read.filter((file) => /simulator|serialport/.test(file))).toEqual([]);
  });

  it("has what an open port needs from the first one, what a vendor's modems can do too, and nothing of the other", () => {
    const code = `
      const { createModem } = require("./dist/driver");
      const read = () => Object.keys(require.cache).map((file) => require("node:path").basename(file, ".js"));
      const parts = () => ["sessions", "ublox", "quectel", "services"].filter((name) => read().includes(name));
      (async () => {
        const modem = createModem({ port: "sim:BG96" });
        const before = parts();
        modem.open();
        await new Promise((resolve) => setImmediate(resolve));
        const opened = parts();
        await modem.ready({ timeout: 20000 });
        console.log(JSON.stringify([before, opened, parts()]));
        await modem.close();
      })()`;
    const printed = execFileSync(process.execPath, ["-e", code], { cwd: ROOT, encoding: "utf8" });
    expect(JSON.parse(printed)).toEqual([[], ["sessions"], ["sessions", "quectel", "services"]]);
  });

  it("says that a part of it is missing, opens no port, and works when it is there again", () => {
    const code = `
      const { createModem } = require("./driver");
      const { once } = require("node:events");
      const { renameSync } = require("node:fs");
      (async () => {
        const modem = createModem({ port: "sim:BG96" });
        modem.open();
        const { code, message } = await modem.ready({ timeout: 20 }).catch((error) => error);
        const isOpen = Object.keys(require.cache).some((file) => file.includes("simulator"));
        renameSync("driver/later.js", "driver/sessions.js");
        await modem.ready({ timeout: 20000 });
        console.log(JSON.stringify({ code, message, isOpen }));
        await modem.close();
      })()`;
    const folder = mkdtempSync(join(tmpdir(), "loading-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    cpSync(join(ROOT, "dist"), folder, { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
    renameSync(join(folder, "driver", "sessions.js"), join(folder, "driver", "later.js"));
    const printed = execFileSync(process.execPath, ["-e", code], { cwd: folder, encoding: "utf8" });
    expect(JSON.parse(printed)).toEqual({
      code: "MODEM_OFFLINE",
      message: expect.stringMatching(/The driver does not load; install the package again.*Cannot find module/),
      isOpen: false,
    });
  });

  it("has no source in two bundles, and neither a vendor's services nor the talk with a modem in what the start reads", () => {
    const bundles = readdirSync(join(ROOT, "dist", "driver")).filter((file) => file.endsWith(".js"));
    expect(bundles.sort()).toEqual(["index.js", "quectel.js", "services.js", "sessions.js", "ublox.js"]);
    const nodes = ["nodes/runtime.js", "nodes/later.js"];
    const [start, ...others] = [...bundles.map((file) => `driver/${file}`), ...nodes].map(sourcesOf);
    const sources = [start, ...others].flatMap((some) => [...(some ?? [])]);
    expect(sources.length).toBeGreaterThan(200);
    expect(sources.filter((source, index) => sources.indexOf(source) !== index)).toEqual([]);
    const service = /^driver\/(?:ublox|quectel)\/(?:driver|([\w-]+)\/\1)\.ts$/;
    const session = /^driver\/(?:at\/(?:channel|data-mode|parser|trace)|life\/(?:session|life|network-life)\.ts)/;
    expect(others.flatMap((some) => [...some]).filter((source) => service.test(source)).length).toBeGreaterThan(10);
    expect([...(start ?? [])].filter((source) => service.test(source))).toEqual([]);
    expect([...(start ?? [])].filter((source) => session.test(source))).toEqual([]);
  });

  it("F41: has the hosts of the simulator from the first connection to one of them", () => {
    const code = `
      const { createModem } = require("./dist/driver");
      const read = () => Object.keys(require.cache).some((file) => file.endsWith("demo-example.js"));
      const request = (http, url) => http.request({ method: "GET", url, headers: [], timeout: 10000 });
      (async () => {
        const modem = createModem({ port: "sim:LARA-R6" });
        modem.open();
        const { http } = await modem.ready({ timeout: 20000 });
        await request(http, "http://nowhere.invalid/").catch(() => undefined);
        const before = read();
        const { body } = await request(http, "http://demo.example/hello");
        console.log(JSON.stringify([before, read(), body.toString()]));
        await modem.close();
      })()`;
    const printed = execFileSync(process.execPath, ["-e", code], { cwd: ROOT, encoding: "utf8" });
    expect(JSON.parse(printed)).toEqual([false, true, "Hello from the other side of the modem.\n"]);
  });

  it("has one class of error for nodes and driver", () => {
    const read = filesRead(`
      const { internal, ModemError } = require("./dist/driver");
      if (internal["driver/errors"].ModemError !== ModemError || nodes.length !== ${NODES.length}) throw new Error("two classes")`);
    expect(read).toContain("dist/driver/index.js");
  });
});
