import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SecureServer } from "../../simulator/internet/secure-server";
import { userDirectory } from "../../support/node-red";
import { Listener, nameOf, SessionFlows } from "./flows";
import { KINDS, reused, startServer } from "./resumption";

/** ms */
const LIMIT = 300_000;
/** Characters of session data that must not stand together anywhere. */
const FRAGMENT = 16;

const NAMES = KINDS.map(nameOf);
const listener = new Listener();
const servers = new Map<string, SecureServer>();
const started: SessionFlows[] = [];
/** Where the modem keeps what it does not forget, whatever runs on the gateway. */
const modemFolder = mkdtempSync(join(tmpdir(), "modem-"));

beforeAll(async () => {
  await listener.start();
  for (const kind of KINDS) servers.set(nameOf(kind), await startServer(kind));
});
afterAll(async () => {
  for (const flows of started) await flows.stop({ keep: false });
  await listener.stop();
  for (const server of servers.values()) await server.stop();
  rmSync(modemFolder, { recursive: true, force: true });
});

async function start(directory: string): Promise<SessionFlows> {
  const flows = await SessionFlows.start(directory, listener);
  started.push(flows);
  return flows;
}

async function deploy(flows: SessionFlows): Promise<void> {
  const state = encodeURIComponent(join(modemFolder, "state.json"));
  const ports = new Map([...servers].map(([name, { port }]) => [name, port]));
  await flows.deploy(`sim:LARA-R6?boot=50&state=${state}&route=server.example:*=127.0.0.1:*`, ports);
}

/** Sends a request for each kind; resolves to the servers' words about whether their sessions were resumed. */
async function visit(flows: SessionFlows): Promise<boolean[]> {
  await Promise.all(NAMES.map(async (name) => expect(await flows.press(`http-${name}`), name).toBe("hello")));
  return NAMES.map((name) => reused(servers.get(name) ?? { seen: [] }).at(-1) ?? false);
}

const ALL = NAMES.map(() => true);
const NONE = NAMES.map(() => false);

describe("sessions of all kinds in Node-RED", { timeout: LIMIT }, () => {
  /** By place, what anybody has got to see. */
  const seen = new Map<string, string>();
  const look = async (time: string, flows: SessionFlows) => {
    for (const [place, text] of await flows.everything()) seen.set(`${time}: ${place}`, text);
  };

  it("outlive a restart of the modem and of Node-RED, without the flow doing anything", async () => {
    const directory = userDirectory();
    const first = await start(directory);
    await deploy(first);
    expect(await visit(first)).toEqual(NONE);
    expect(await visit(first)).toEqual(ALL);
    for (const server of servers.values()) server.forget();
    expect(await visit(first)).toEqual(NONE);
    expect(await visit(first)).toEqual(ALL);
    await first.restartModem();
    expect(await visit(first)).toEqual(ALL);
    await look("before", first);
    await first.stop({ keep: true });

    const second = await start(directory);
    expect(await visit(second)).toEqual(ALL);
    await look("after", second);
    await second.stop({ keep: false });
  });

  it("can be carried by hand into a Node-RED that knows nothing of them", async () => {
    const carried = new Map(listener.told.map((event) => [event.node, event]));
    expect([...carried.keys()].sort()).toEqual(NAMES.toSorted());
    const flows = await start(userDirectory());
    await deploy(flows);
    for (const name of NAMES) {
      const { payload } = carried.get(name) ?? {};
      const answer = await flows.press(`profile-${name}`, { action: "session", payload });
      expect(answer).toEqual({ profile: expect.any(Number), type: payload?.type, server: payload?.server });
    }
    expect(await visit(flows)).toEqual(ALL);
    await look("by hand", flows);
    await flows.stop({ keep: false });
  });

  it("are in no file, no answer of the admin API and no line of the log that could be read", () => {
    const places = [...seen.keys()];
    for (const file of ["flows.json", "flows_cred.json", ".config.runtime.json"]) {
      expect(places.filter((place) => place.endsWith(`/${file}`)).length, file).toBe(3);
    }
    expect([...seen.values()].join("\n")).toContain("cellularModemSessions");
    expect(seen.get("by hand: log")).toContain("***");
    const parts = listener.told.flatMap(({ payload }) => payload.data.split(","));
    const forms = parts.flatMap((part) => [part, Buffer.from(part, "base64").toString("hex")]);
    const fragments = forms.flatMap((form) => form.match(new RegExp(`.{${FRAGMENT}}`, "g")) ?? []);
    expect(fragments.length).toBeGreaterThan(100);
    expect(places.filter((place) => fragments.some((fragment) => seen.get(place)?.includes(fragment)))).toEqual([]);
  });
});
