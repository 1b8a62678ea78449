import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
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
