import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SessionData } from "../../../driver/services/security";
import { type RunningNodeRed, startNodeRed, userDirectory } from "../../support/node-red";
import { pem, SecureServer } from "../support/https-server";

/** The six kinds of the LARA-R6 guide, 3.4.4. */
const KINDS = ["id", "ticket", "psk-ticket"].flatMap((resumption) =>
  [false, true].map((encrypted) => ({
    resumption,
    encrypted,
    id: `${resumption}-${encrypted ? "encrypted" : "plain"}`,
  })),
);

/** Takes what the second output of modem-tls-profile gives. */
let heard = "";
let listener: Server;
const servers = new Map<string, SecureServer>();

beforeAll(async () => {
  listener = createServer((socket) => {
    socket.on("data", (chunk) => {
      heard += chunk.toString("utf8");
    });
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  for (const { id, resumption } of KINDS) {
    const server = new SecureServer(resumption === "psk-ticket" ? {} : { maxVersion: "TLSv1.2" });
    await server.start();
    servers.set(id, server);
  }
});
afterAll(async () => {
  listener.close();
  for (const server of servers.values()) await server.stop();
});

/** @param state where the modem keeps what it does not forget: the key by which it encrypts sessions for itself */
function flows(state: string): object[] {
  const routes = KINDS.map(({ id }) => `route=${id}.server.example:443=127.0.0.1:${servers.get(id)?.port}`);
  const port = (listener.address() as AddressInfo).port;
  const place = { z: "tab", x: 100, y: 100 };
  return [
    { id: "tab", type: "tab", label: "sessions" },
    { id: "m", type: "modem", port: `sim:LARA-R6?state=${state}&${routes.join("&")}`, trace: true },
    { id: "answer", type: "http response", ...place, wires: [] },
    { id: "json", type: "json", property: "payload", ...place, wires: [["tell"]] },
    {
      id: "tell",
      type: "tcp out",
      host: "127.0.0.1",
      port: String(port),
      beserver: "client",
      end: false,
      ...place,
      wires: [],
    },
    ...KINDS.flatMap(({ id, resumption, encrypted }) => [
      { id: `t-${id}`, type: "modem-tls", resumption, resumptionEncrypted: encrypted },
      { id: `in-${id}`, type: "http in", url: `/go/${id}`, method: "get", ...place, wires: [[`n-${id}`]] },
      {
        id: `n-${id}`,
        type: "modem-http",
        modem: "m",
        tls: `t-${id}`,
        url: `https://${id}.server.example/`,
        ...place,
        wires: [["answer"]],
      },
      { id: `p-${id}`, type: "modem-tls-profile", modem: "m", tls: `t-${id}`, ...place, wires: [[], ["json"]] },
    ]),
  ];
}

/** Every answer of the admin API in which something could stand. */
async function adminAnswers(nodeRed: RunningNodeRed): Promise<string> {
  const ids = KINDS.flatMap(({ id }) => [`t-${id}`, `n-${id}`, `p-${id}`]);
  const paths = [
    "settings",
    "settings/user",
    "flows",
    "nodes",
    "diagnostics",
    "context/global",
    "context/flow/tab",
    ...ids.map((id) => `context/node/${id}`),
    ...KINDS.map(({ id }) => `credentials/modem-tls/t-${id}`),
  ];
  const answers = await Promise.all(paths.map(async (path) => (await nodeRed.get(path)).text()));
  return answers.join("\n");
}

/** A deploy is answered before its flows have started. */
async function go(nodeRed: RunningNodeRed, id: string): Promise<string> {
  for (;;) {
    const response = await nodeRed.get(`go/${id}`);
    if (response.status !== 404) return response.text();
    await setTimeout(20);
  }
}

describe("TLS sessions, when Node-RED and the modem start again", () => {
  it("are taken up again, by the servers' own word, and nobody gets to see them", async () => {
    const directory = userDirectory();
    const first = await startNodeRed(directory);
    const credentials = Object.fromEntries(KINDS.map(({ id }) => [`t-${id}`, { ca: pem("ca.cert") }]));
    await first.deploy(flows(join(directory, "modem.json")), credentials);
    for (const { id } of KINDS) expect(await go(first, id), id).toBe("secret");
    const answers = await adminAnswers(first);
    await first.stop({ keep: true });
    const stored = readFileSync(join(directory, ".config.runtime.json"), "utf8");

    const second = await startNodeRed(directory);
    for (const { id } of KINDS) expect(await go(second, id), id).toBe("secret");
    const told = [answers, await adminAnswers(second), stored, first.log(), second.log()].join("\n");
    await second.stop();

    for (const { id } of KINDS) expect(servers.get(id)?.resumed, id).toEqual([false, true]);
    expect(stored).toContain("cellularModemSessions");
    const sessions: SessionData[] = (heard.match(/\{[^}]*\}/g) ?? []).map((text) => JSON.parse(text));
    expect(new Set(sessions.map(({ type, encrypted }) => `${type} ${encrypted}`)).size).toBe(KINDS.length);
    for (const { type, encrypted, data } of sessions) {
      for (const part of data.split(",")) expect(told.includes(part), `${type} ${encrypted}`).toBe(false);
    }
    expect(told).toContain("***");
  }, 120_000);
});
