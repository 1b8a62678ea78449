import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exampleFlows, prepareUserDirectory } from "../../demo/user-directory";
import { ask } from "../support/ask";
import { DebugSidebar } from "../support/debug-sidebar";
import { listen } from "../support/listen";
import { freePort } from "../support/node-red";
import { openPorts } from "../support/open-ports";
import { ROOT } from "../support/paths";

interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly z?: string;
  readonly name?: string;
  readonly label?: string;
}

const FLOW_TYPES = ["modem", "modem-http", "modem-pdp", "modem-at", "modem-socket", "modem-tls", "modem-tls-profile"];

/** The demo in a process of its own. */
class RunningDemo {
  readonly #child: ChildProcess;

  private constructor(
    child: ChildProcess,
    readonly url: string,
  ) {
    this.#child = child;
  }

  static async start(user: string): Promise<RunningDemo> {
    const port = await freePort();
    const args = ["--port", String(port), "--user", user];
    const child = spawn(process.execPath, [join(ROOT, "dist", "demo", "start.js"), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let log = "";
    await new Promise<void>((resolve, reject) => {
      const take = (text: Buffer) => {
        log += text.toString();
        if (log.includes("Started flows")) resolve();
        // It would wait for ever, and outlive the test.
        if (log.includes("Waiting for missing types")) child.kill("SIGTERM");
      };
      child.stdout?.on("data", take);
      child.stderr?.on("data", take);
      child.once("exit", (code) => reject(new Error(`the demo ended with ${code}:\n${log}`)));
    });
    return new RunningDemo(child, `http://127.0.0.1:${port}/`);
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }

  /** Of all its processes; undefined where Linux is missing. */
  openPorts(): string[] | undefined {
    const { pid = 0 } = this.#child;
    const own = openPorts(pid);
    if (own === undefined) return undefined;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
    return [...own, ...children.flatMap((child) => openPorts(child) ?? [])];
  }

  async flows(): Promise<FlowNode[]> {
    return (await (await ask(`${this.url}flows`)).json()) as FlowNode[];
  }

  /** Presses a button of an example; resolves with what its flow shows first in the debug sidebar of what is `wanted`. */
  async press(tab: string, button: string, wanted: (shown: unknown) => boolean = () => true): Promise<unknown> {
    const { z, inject } = await this.#find(tab, button);
    const sidebar = await DebugSidebar.open(this.url);
    await sidebar.press(inject);
    const shown = await sidebar.until(() => sidebar.shown.find((one) => one.z === z && wanted(one.msg)));
    sidebar.close();
    return shown.msg;
  }

  /** Presses a button once all modems are ready; resolves with all that was shown by then, of every tab. */
  async firstPress(sidebar: DebugSidebar, tab: string, button: string): Promise<unknown[]> {
    const { z, inject } = await this.#find(tab, button);
    const users = (await this.flows()).filter(({ type }) => /^modem-(http|at|pdp|socket)$/.test(type));
    const isReady = ({ id }: FlowNode) => {
      const { fill, text } = sidebar.statuses.get(id) ?? {};
      return fill === "green" || text === "closed";
    };
    await sidebar.until(() => (users.every(isReady) ? true : undefined));
    await sidebar.press(inject);
    await sidebar.until(() => sidebar.shown.find((one) => one.z === z));
    return sidebar.shown.map(({ msg }) => msg);
  }

  async #find(tab: string, button: string): Promise<{ z: string; inject: string }> {
    const flows = await this.flows();
    const z = flows.find(({ type, label }) => type === "tab" && label === tab)?.id ?? "";
    const inject = flows.find((node) => node.type === "inject" && node.name === button && node.z === z)?.id ?? "";
    return { z, inject };
  }
}

describe("npm start", { timeout: 60_000 }, () => {
  const user = mkdtempSync(join(tmpdir(), "modem-demo-"));
  let demo: RunningDemo;
  let sidebar: DebugSidebar;

  beforeAll(async () => {
    demo = await RunningDemo.start(user);
    sidebar = await DebugSidebar.open(demo.url);
  }, 60_000);

  afterAll(async () => {
    await demo.stop();
    rmSync(user, { recursive: true, force: true });
  });

  it("F42: the first press shows what belongs to it, and nothing else", async () => {
    expect(await demo.firstPress(sidebar, "Start here", "Press me")).toEqual([
      expect.stringContaining("Hello from the other side of the modem."),
    ]);
    sidebar.close();
  });

  it("opens with every example loaded and no node of an unknown type", async () => {
    const types = new Set((await demo.flows()).map((node) => node.type));
    for (const type of FLOW_TYPES) expect(types).toContain(type);
    const sets = (await (await ask(`${demo.url}nodes`, { headers: { accept: "application/json" } })).json()) as {
      types: string[];
    }[];
    const known = new Set([...sets.flatMap((set) => set.types), "tab", "group"]);
    expect([...types].filter((type) => !known.has(type))).toEqual([]);
  });

  it("runs an example when its button is pressed", async () => {
    expect(await demo.press("HTTP GET on a button", "Fetch a page")).toContain("Hello");
  });

  it("F41: opens Node-RED's own port and no other", () => {
    expect(demo.openPorts()).toEqual([`tcp ${new URL(demo.url).port}`]);
  });

  it("has the credentials of the examples, so that HTTPS and mutual TLS work at once", async () => {
    expect(await demo.press("HTTPS with a CA", "Fetch a page")).toContain("Hello from the other side");
    expect(await demo.press("Mutual TLS", "With a certificate")).toContain("Hello, Demo device");
    expect(readFileSync(join(user, "flows.json"), "utf8")).not.toContain("PRIVATE KEY");
    expect(readFileSync(join(user, "flows_cred.json"), "utf8")).not.toContain("PRIVATE KEY");
  });

  it("has an echo server, which gives a datagram back", async () => {
    await demo.press("Echo test", "Say hello", (shown) => shown === "Hello");
  });

  it("has a modem that listens, and one that asks it", async () => {
    const isAnswer = (shown: unknown) => String(shown).endsWith("°C");
    await demo.press("A listening socket with answers", "Ask the meter", isAnswer);
  });

  it("carries a stream in direct mode, there and back", async () => {
    const isResult = (shown: unknown) => /^32768 bytes came back, 0 of them wrong/.test(String(shown));
    await demo.press("Direct-link stream", "Send 32 kB", isResult);
  });

  it("resumes TLS sessions after a restart of the modem, asked at once, and of everything", async () => {
    const ask = async () => JSON.parse(String(await demo.press("Session resumption", "Ask the server")));
    expect(await ask()).toMatchObject({ resumed: false });
    expect(await ask()).toMatchObject({ resumed: true });
    expect(await demo.press("Session resumption", "Restart the modem")).toContain('"result":"OK"');
    expect(await ask()).toMatchObject({ resumed: true });
    await demo.stop();
    demo = await RunningDemo.start(user);
    expect(await ask()).toMatchObject({ resumed: true });
  });
});

describe("the demo's user directory", () => {
  const directory = mkdtempSync(join(tmpdir(), "modem-demo-"));
  const flows = () => JSON.parse(readFileSync(join(directory, "flows.json"), "utf8")) as FlowNode[];
  const prepare = () => prepareUserDirectory(directory, ROOT, { port: 1880, fresh: false });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("F42: shows the tab that says where to begin first", () => {
    const [first] = exampleFlows(join(ROOT, "examples"));
    expect(first).toMatchObject({
      type: "tab",
      label: "Start here",
      info: expect.stringContaining("Open the debug sidebar"),
    });
  });

  it("keeps edited flows, but leads modems to the hosts of the simulator that an earlier demo had by its routes", () => {
    prepare();
    const former = (port: string) => ({ id: "1", type: "modem", port });
    const edited = [
      { id: "0", type: "tab", label: "edited" },
      former("sim:LARA-R6?baud=115200&route=demo.example:80=127.0.0.1:1881&route=demo.example:443=127.0.0.1:1882"),
      former("sim:BG96?route=meter.example:7000=127.0.0.1:4"),
      former("sim:LARA-R6?name=listens&route=0.0.0.0:7000=127.0.0.1:1888"),
      former("sim:LARA-R6?route=demo.example:80=192.168.1.5:80&route=my.example:80=127.0.0.1:1881"),
      former("/dev/ttyUSB0"),
    ];
    writeFileSync(join(directory, "flows.json"), JSON.stringify(edited));
    prepare();
    expect(flows()).toEqual([
      edited[0],
      former("sim:LARA-R6?baud=115200"),
      former("sim:BG96"),
      former("sim:LARA-R6?name=listens&route=0.0.0.0:*=meter.example:*"),
      edited[4],
      edited[5],
    ]);
  });
});

describe("npm start that can't", () => {
  const start = (...args: string[]) =>
    spawnSync(process.execPath, [join(ROOT, "dist", "demo", "start.js"), ...args], { encoding: "utf8" });

  it("use its port says so in one line, with what to do", async () => {
    const port = await listen(createServer());
    const { status, stderr } = start("--port", String(port));
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`^Port ${port} can't be used .*--port N\\.\n$`));
  });

  it("make sense of a port refuses it", () => {
    expect(start("--port", "web")).toMatchObject({ status: 1, stderr: expect.stringContaining("--port") });
  });
});
