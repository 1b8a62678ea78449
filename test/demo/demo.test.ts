import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { exampleFlows, INTERNET_PORTS, prepareUserDirectory } from "../../demo/user-directory";
import { freePort, ROOT } from "../support/node-red";

interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly z?: string;
  readonly name?: string;
}

describe("npm start", () => {
  let child: ChildProcess;
  let url: string;
  const user = mkdtempSync(join(tmpdir(), "modem-demo-"));

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}/`;
    const args = ["--port", String(port), "--internet", "0", "--user", user];
    child = spawn(process.execPath, [join(ROOT, "dist", "demo", "start.js"), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let log = "";
    await new Promise<void>((resolve, reject) => {
      const take = (text: Buffer) => {
        log += text.toString();
        if (log.includes("Started flows")) resolve();
      };
      child.stdout?.on("data", take);
      child.stderr?.on("data", take);
      child.once("exit", (code) => reject(new Error(`the demo ended with ${code}:\n${log}`)));
    });
  });

  afterAll(async () => {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    rmSync(user, { recursive: true, force: true });
  });

  it("opens with every example loaded and no node of an unknown type", async () => {
    const flows = (await (await fetch(`${url}flows`)).json()) as FlowNode[];
    const types = new Set(flows.map((node) => node.type));
    for (const type of ["modem", "modem-http", "modem-pdp", "modem-at"]) expect(types).toContain(type);
    const sets = (await (await fetch(`${url}nodes`, { headers: { accept: "application/json" } })).json()) as {
      types: string[];
    }[];
    const known = new Set([...sets.flatMap((set) => set.types), "tab", "group"]);
    expect([...types].filter((type) => !known.has(type))).toEqual([]);
  });

  it("runs an example when its button is pressed", async () => {
    const flows = (await (await fetch(`${url}flows`)).json()) as FlowNode[];
    const http = flows.find((node) => node.type === "modem-http");
    const inject = flows.find((node) => node.type === "inject" && node.z === http?.z);
    const socket = new WebSocket(`${url.replace("http", "ws")}comms`);
    await once(socket, "open");
    const greeted = new Promise<string>((resolve) => {
      socket.on("message", (data) => {
        const text = String(data);
        if (text.includes('"topic":"debug"') && text.includes("Hello")) resolve(text);
      });
    });
    socket.send(JSON.stringify({ subscribe: "debug" }));
    const pressed = await fetch(`${url}inject/${inject?.id}`, { method: "POST" });
    expect(pressed.ok).toBe(true);
    expect(await greeted).toContain(http?.z);
    socket.close();
  });
});

describe("the demo's user directory", () => {
  const directory = mkdtempSync(join(tmpdir(), "modem-demo-"));
  const flows = () =>
    JSON.parse(readFileSync(join(directory, "flows.json"), "utf8")) as (FlowNode & { label?: string })[];
  const prepare = (http: number, https: number) =>
    prepareUserDirectory(directory, ROOT, { port: 1880, internet: { http, https }, fresh: false });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("shows the GET on a button first", () => {
    const tabs = exampleFlows(join(ROOT, "examples"), INTERNET_PORTS).filter(({ id }) => id.startsWith("ce11"));
    expect(tabs[0]).toMatchObject({ type: "tab", label: "HTTP GET on a button" });
  });

  it("keeps edited flows, and leads them to where the small internet is this time", () => {
    prepare(4001, 4101);
    const edited = flows().map((node) => (node.type === "tab" ? { ...node, label: "edited" } : node));
    writeFileSync(join(directory, "flows.json"), JSON.stringify(edited));
    prepare(4002, 4102);
    expect(flows()).toEqual(
      JSON.parse(JSON.stringify(edited).replaceAll(":4001", ":4002").replaceAll(":4101", ":4102")),
    );
    expect(JSON.stringify(flows())).toContain(
      "route=demo.example:80=127.0.0.1:4002&route=demo.example:443=127.0.0.1:4102",
    );
  });
});

describe("npm start that can't", () => {
  const start = (...args: string[]) =>
    spawnSync(process.execPath, [join(ROOT, "dist", "demo", "start.js"), ...args], { encoding: "utf8" });

  it.each(["--port", "--internet"])("use the port of %s says so in one line, with what to do", async (option) => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { status, stderr } = start("--port", String(await freePort()), "--internet", "0", option, String(port));
    server.close();
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`^Port ${port} can't be used .*${option} N\\.\n$`));
  });

  it("make sense of a port refuses it", () => {
    expect(start("--port", "web")).toMatchObject({ status: 1, stderr: expect.stringContaining("--port") });
  });
});
