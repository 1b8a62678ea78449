import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { exampleFlows, INTERNET_PORTS, prepareUserDirectory } from "../../demo/user-directory";
import { ask } from "../support/ask";
import { freePort } from "../support/node-red";
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
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(user: string): Promise<RunningDemo> {
    const port = await freePort();
    const args = ["--port", String(port), "--internet", "0", "--user", user];
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
    const ended = once(this.child, "exit");
    this.child.kill("SIGTERM");
    await ended;
  }

  async flows(): Promise<FlowNode[]> {
    return (await (await ask(`${this.url}flows`)).json()) as FlowNode[];
  }

  /** Presses a button of an example; resolves with what its flow shows first in the debug sidebar of what is `wanted`. */
  async press(tab: string, button: string, wanted: (shown: unknown) => boolean = () => true): Promise<unknown> {
    const flows = await this.flows();
    const id = flows.find(({ type, label }) => type === "tab" && label === tab)?.id;
    const inject = flows.find(({ type, name, z }) => type === "inject" && name === button && z === id);
    const socket = new WebSocket(`${this.url.replace("http", "ws")}comms`);
    await once(socket, "open");
    const shown = new Promise<unknown>((resolve) => {
      socket.on("message", (data) => {
        const messages: { topic?: string; data?: { z?: string; msg?: unknown } }[] = [JSON.parse(String(data))].flat();
        const message = messages.find(({ topic, data }) => topic === "debug" && data?.z === id && wanted(data?.msg));
        if (message !== undefined) resolve(message.data?.msg);
      });
    });
    socket.send(JSON.stringify({ subscribe: "debug" }));
    const pressed = await ask(`${this.url}inject/${inject?.id}`, { method: "POST" });
    expect(pressed.ok).toBe(true);
    try {
      return await shown;
    } finally {
      socket.close();
    }
  }
}

describe("npm start", { timeout: 60_000 }, () => {
  const user = mkdtempSync(join(tmpdir(), "modem-demo-"));
  let demo: RunningDemo;

  beforeAll(async () => {
    demo = await RunningDemo.start(user);
  }, 60_000);

  afterAll(async () => {
    await demo.stop();
    rmSync(user, { recursive: true, force: true });
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
  const prepare = (http: number, https: number) =>
    prepareUserDirectory(directory, ROOT, {
      port: 1880,
      internet: { http, https, echo: 4207, listening: 4208 },
      fresh: false,
    });
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

  it.each(["--port", "--internet", "--https", "--echo", "--listen"])(
    "use the port of %s says so in one line, with what to do",
    async (option) => {
      const server = createServer();
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const { status, stderr } = start("--port", String(await freePort()), "--internet", "0", option, String(port));
      server.close();
      expect(status).toBe(1);
      expect(stderr).toMatch(new RegExp(`^Port ${port} can't be used .*${option} N\\.\n$`));
    },
  );

  it("make sense of a port refuses it", () => {
    expect(start("--port", "web")).toMatchObject({ status: 1, stderr: expect.stringContaining("--port") });
  });
});
