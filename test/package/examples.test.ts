import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DebugSidebar } from "../support/debug-sidebar";
import type { RunningNodeRed } from "../support/node-red";
import { openPorts } from "../support/open-ports";
import { ROOT } from "../support/paths";
import { emptyNodeRed } from "./empty-node-red";

interface ExampleNode {
  readonly id: string;
  readonly type: string;
  readonly name?: string;
  readonly broker?: string;
  readonly autoConnect?: boolean;
}

/** Buttons that are pressed together, and what then appears: the debug node's name, and what it shows. */
type Press = readonly [buttons: string, ...results: (readonly [debug: string, shown: RegExp])[]];

const HELLO = /^Hello from the other side of the modem\.\n$/;
const GREETING = [
  ["Page", HELLO],
  ["Status code", /^200$/],
] as const;
const LARA_R6 = /LARA-R6/;

const FLOW_NODE = /^modem-(?!(?:tls|broker)$)/;

/** What each example of the package shows. */
const EXAMPLES: Readonly<Record<string, readonly Press[]>> = {
  "start/Start here": [["Press me", ["See the debug sidebar", HELLO]]],
  "http/HTTP GET on a button": [["Fetch a page", ...GREETING]],
  "http/POST of sensor values as JSON every minute": [
    ["Start", ["Stored", /"stored":\d+/]],
    ["Stop", ["Stopped", /^stopped$/]],
  ],
  "http/Keep values while the modem is away": [
    ["Take a value", ["Stored", /"stored":\d+/]],
    ["Lose the network", ["Answer", /OK/], ["What went wrong", /^The network refused data connection/]],
    ["Take a value + Find the network again", ["Answer", /OK/], ["Stored", /"stored":\d+/]],
  ],
  "http/Large download with progress": [
    ["A small page meanwhile", ["Page", HELLO]],
    ["Fetch 5000 readings + A small page meanwhile", ["Page", HELLO], ["Rows and bytes", /"rows":5000/]],
  ],
  "network/Ping and DNS": [
    ["Ping demo.example", ["Answer", /"received":4,.*"address":"192\.0\.2\.80"/]],
    ["Resolve demo.example", ["Answer", /"address":"192\.0\.2\.80"/]],
    ["Status", ["Answer", /"active":true/]],
  ],
  "models/The same flow on the other modem (BG96)": [["Fetch a page", ...GREETING]],
  "at/Raw AT": [
    ["Who are you?", ["Answer", LARA_R6]],
    ["Signal quality", ["Answer", /\+CSQ/]],
    ["Which network?", ["Answer", /Test Network/]],
  ],
  "errors/What can go wrong": [
    ["A page that is not there", ["Status code", /^404$/]],
    ["An unknown name", ["The request's own error", /nowhere\.invalid/]],
    ["A closed port", ["The request's own error", /demo\.example/]],
    ["https without a security profile", ["The request's own error", /security profile/]],
    ["A page that takes its time", ["Status code", /^200$/]],
    ["A page that takes its time + Restart the modem", ["Answer", /OK/], ["The request's own error", /restart/]],
    ["Detach from the network", ["Answer", /OK/], ["Outage of the modem", /^The network refused data connection/]],
    ["Attach again", ["Answer", /OK/]],
  ],
  "security/HTTPS with a CA": [["Fetch a page", ...GREETING]],
  "security/Mutual TLS": [
    ["With a certificate", ["Page", /^Hello, Demo device\.\n$/], ["Status code", /^200$/]],
    ["Without one", ["Page", /for devices with a certificate/], ["Status code", /^403$/]],
  ],
  "security/Session resumption that survives a restart": [
    ["Ask the server", ["Resumed", /"resumed":false,"protocol":"TLSv1\.3"/]],
    ["Ask the server", ["Resumed", /"resumed":true/]],
    ["Restart the modem", ["Restarted", /"result":"OK"/]],
    ["Ask the server", ["Resumed", /"resumed":true/]],
  ],
  "security/Certificates on the modem": [
    ["Import", ["Answer", /"name":"demo-ca"/]],
    ["List", ["Answer", /Demo CA \(not for real use\)/]],
    ["Hash", ["Answer", /"md5":"[0-9A-Fa-f]{32}"/]],
    ["Remove", ["Answer", /demo-ca/]],
  ],
  "socket/Echo test": [["Say hello", ["Echo", /^Hello$/]]],
  "socket/TCP client with reconnect": [
    ["Send two lines", ["Line", /^first line$/], ["Line", /^second line$/]],
    ["Status", ["Answer", /"state":"established"/]],
    ["Close", ["Answer", /"event":"closed"/]],
    ["Connect", ["Answer", /"event":"connected"/]],
  ],
  "socket/UDP telemetry": [["Measure", ["Answer of the server", /^1,\d+,2\d\.\d$/]]],
  "socket/TLS socket": [["Ask the server", ["Received", /^HTTP\/1\.1 200 OK[\s\S]*Hello from the other side/]]],
  "socket/A listening socket with answers": [
    ["Ask the meter", ["Answer", /^2\d\.\d °C$/]],
    ["Send to all", ["Answer", /^The meter is going to be read\.$/]],
  ],
  "socket/Direct-link stream": [
    ["Send 32 kB", ["Stream", /^32768 bytes came back, 0 of them wrong/]],
    ["Ask the modem", ["Answer of the modem", /\+CSQ/]],
  ],
  "mqtt/Publish and subscribe": [
    ["Say hello", ["Received", /^Hello$/]],
    ["Which topics?", ["Received", /"topic":"demo\/greetings\/#"/]],
  ],
  "mqtt/JSON telemetry with a birth and a will": [
    ["Connect", ["State", /^online$/]],
    ["Measure", ["Reading", /"pressure":/]],
    ["Restart the pump's modem", ["State", /^offline$/], ["State", /^online$/]],
  ],
  "mqtt/Binary payload": [
    ["Send 512 bytes", ["Result", /^512 bytes came back, 0 of them wrong$/]],
    ["Send 5000 bytes", ["Result", /^5000 bytes came back, 0 of them wrong$/]],
  ],
  "mqtt/Secure MQTT": [["Publish", ["Received", /^Nobody on the way can read this\.$/]]],
  "mqtt/MQTT-SN with short topics": [
    ["Subscribe to t1 + Publish to t1", ["Received", /^21\.5$/]],
    ["Alarm without a session", ["Received", /^on$/]],
  ],
  "mqtt/Outbox that survives a cut link and a restart": [
    ["Cut the link", ["Answer", /"result":"OK"/]],
    ["Measure + How many wait?", ["Answer", /"waiting":3/]],
    [
      "Attach again",
      ["Answer", /"result":"OK"/],
      ["Arrived", /"reading":1/],
      ["Arrived", /"reading":2/],
      ["Arrived", /"reading":3/],
    ],
  ],
};

describe("F41: the examples, a minute after the package is installed", () => {
  let nodeRed: RunningNodeRed;
  let sidebar: DebugSidebar;

  beforeAll(async () => {
    nodeRed = await emptyNodeRed();
    sidebar = await DebugSidebar.open(nodeRed.url);
  }, 180_000);

  afterAll(async () => {
    sidebar?.close();
    await nodeRed?.stop();
  });

  it("are all here", () => {
    const files = readdirSync(join(ROOT, "examples"), { recursive: true, encoding: "utf8" });
    const names = files.filter((name) => name.endsWith(".json")).map((name) => name.replace(/\.json$/, ""));
    expect(Object.keys(EXAMPLES).sort()).toEqual(names.sort());
  });

  /** Imports the example as the editor does it, and deploys it; resolves once its nodes have nothing to wait for. */
  async function deploy(example: string): Promise<ExampleNode[]> {
    const [folder = "", name = ""] = example.split("/");
    const library = `library/examples/flows/@cellular-flows/node-red-modem/${folder}/${encodeURIComponent(name)}`;
    const nodes = (await (await nodeRed.get(library)).json()) as ExampleNode[];
    sidebar.statuses.clear();
    await nodeRed.deploy(nodes);
    // One that waits for a button to connect shows nothing yet.
    const patient = new Set(nodes.filter(({ autoConnect }) => autoConnect === false).map(({ id }) => id));
    const waiting = nodes.filter(({ type, broker = "" }) => FLOW_NODE.test(type) && !patient.has(broker));
    const isReady = ({ id }: ExampleNode) => {
      const { fill, text } = sidebar.statuses.get(id) ?? {};
      return fill === "green" || text === "closed";
    };
    await sidebar.until(() => (waiting.every(isReady) ? true : undefined));
    return nodes;
  }

  it.each(Object.entries(EXAMPLES))(
    "%s shows what its buttons ask for, nothing else, and opens no port",
    async (example, presses) => {
      const nodes = await deploy(example);
      const nameOf = (id: string) => nodes.find((node) => node.id === id)?.name ?? id;
      const names = nodes.filter(({ type }) => type === "inject").map(({ name }) => name);
      expect(new Set(presses.flatMap(([buttons]) => buttons.split(" + ")))).toEqual(new Set(names));
      sidebar.shown.length = 0;
      for (const [buttons, ...results] of presses) {
        for (const button of buttons.split(" + ")) {
          await sidebar.press(nodes.find(({ name }) => name === button)?.id ?? "");
        }
        await sidebar.until(() => (sidebar.shown.length >= results.length ? true : undefined));
        const shown = sidebar.shown.splice(0).map(({ id, msg }) => [nameOf(id), String(msg)] as const);
        shown.sort(([left], [right]) => left.localeCompare(right));
        expect(shown).toEqual(results.map(([debug, text]) => [debug, expect.stringMatching(text)]));
      }
      expect(sidebar.shown).toEqual([]);
      expect(openPorts(nodeRed.pid) ?? []).toEqual([`tcp ${new URL(nodeRed.url).port}`]);
      expect(nodeRed.log()).not.toMatch(/\[error\]|uncaught/i);
    },
    60_000,
  );
});
