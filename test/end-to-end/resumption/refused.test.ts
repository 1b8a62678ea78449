import { randomBytes } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import type { SecurityProfile, SessionData } from "../../../driver/services/security/security";
import { pem } from "../tls/bench";
import {
  FixedStore,
  Gateway,
  KINDS,
  type Kind,
  modem,
  portWithState,
  resuming,
  reused,
  server,
  type TestModem,
} from "./resumption";

// All at once: they wait for lines most of the time.
vi.setConfig({ maxConcurrency: 16 });

/** ms */
const LIMIT = 240_000;

/** How a session was made, and how a profile checks that would not connect to the server. */
const OTHER_CHECKS: readonly [id: string, made: Partial<SecurityProfile>, asked: Partial<SecurityProfile>][] = [
  ["without any", { validation: "none" }, { validation: "ca", ca: pem("other-ca.cert") }],
  ["by another CA", {}, { ca: pem("other-ca.cert") }],
  ["without the host's name", {}, { validation: "ca+host", serverName: "elsewhere.example" }],
  ["for another name", { validation: "ca+host" }, { validation: "ca+host", serverName: "elsewhere.example" }],
  ["without a pin", {}, { pinnedKey: pem("server-ec.cert") }],
];

describe.concurrent.each(KINDS)("session data of kind $name", { timeout: LIMIT }, (kind) => {
  it("are never taken up by a profile that checks the server in another way", async (ending) => {
    const web = await server(kind, ending);
    const gateway = new Gateway();
    const before = await modem(ending, portWithState(ending));
    const profile = (id: string, checks: Partial<SecurityProfile>) =>
      gateway.profile(resuming(kind, { id, ...checks }));
    const refused = { code: "TLS_FAILED" };
    for (const [id, made, asked] of OTHER_CHECKS) {
      await before.get(web.url, profile(id, made));
      await expect(before.get(web.url, profile(id, asked)), id).rejects.toMatchObject(refused);
    }
    await gateway.restart();
    const after = await before.restart();
    for (const [id, made, asked] of OTHER_CHECKS) {
      await expect(after.get(web.url, profile(id, asked)), id).rejects.toMatchObject(refused);
      await after.get(web.url, profile(id, made));
    }
    const [first, second] = [OTHER_CHECKS.map(() => false), OTHER_CHECKS.map(() => true)];
    expect(reused(web)).toEqual([...first, ...second]);
  });

  it("that are wrong cost a full handshake and no error, and are replaced", async (ending) => {
    const [web, other] = [await server(kind, ending), await server(kind, ending)];
    const one = await modem(ending);
    const genuine = await sessionWith(web.url, kind, one);
    const foreign = await sessionWith(other.url, kind, one);
    web.forget();
    for (const [name, given] of unusable(genuine, foreign)) {
      const store = new FixedStore(given);
      const profile = resuming(kind, { id: name, sessions: store });
      const before = web.seen.length;
      await one.get(web.url, profile);
      await one.get(web.url, profile);
      expect(reused(web).slice(before), name).toEqual([false, true]);
      expect(store.saved[0]?.data, name).toMatch(/^[A-Za-z0-9+/=,]+$/);
      expect([genuine.data, foreign.data], name).not.toContain(store.saved[0]?.data);
    }
  });
});

/** Session data that a connection gives. */
async function sessionWith(url: string, kind: Kind, one: TestModem): Promise<SessionData> {
  const store = new FixedStore();
  await one.get(url, resuming(kind, { id: `for ${url}`, sessions: store }));
  const [session] = store.saved;
  if (session === undefined) throw new Error("the connection gave no session data");
  const { type, encrypted, data, size } = session;
  return { type, encrypted, data, ...(size === undefined ? {} : { size }) };
}

function unusable(genuine: SessionData, foreign: SessionData): [name: string, given: () => SessionData | undefined][] {
  const withData = (data: string) => () => ({ ...genuine, data, ...(genuine.size && { size: data.length }) });
  const parts = genuine.data.split(",");
  const each = (change: (part: string) => string) => withData(parts.map(change).join(","));
  const swapped = parts.toReversed().join(",");
  const type = genuine.type === "ticket" ? "id" : "ticket";
  return [
    ["forgotten", () => genuine],
    ["of another server", () => foreign],
    ["of another type", () => ({ ...genuine, type })],
    ["encrypted or not", () => ({ ...genuine, encrypted: !genuine.encrypted })],
    ["noise", each((part) => randomBytes(Buffer.from(part, "base64").length).toString("base64"))],
    ["cut off", each((part) => part.slice(0, Math.max(4, part.length - (part.length % 4) - 40)))],
    ["a bit off", each((part) => part.replace(/^./, (first) => (first === "A" ? "B" : "A")))],
    ["in the wrong order", withData(swapped.replace(/^(.{4})(.{4})/, "$2$1"))],
    ["no base64", withData("not base64!")],
    ["empty", withData("")],
    ["a command", withData('QUJD"\r\nAT+CPWROFF\r\n')],
    [
      "nothing, but an error",
      () => {
        throw new Error(`can't read ${genuine.data}`);
      },
    ],
  ];
}
