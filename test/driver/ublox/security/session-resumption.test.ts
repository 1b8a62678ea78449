import { describe, expect, it } from "vitest";
import type { ModemError } from "../../../../driver/errors";
import type {
  ResumptionType,
  SecurityProfile,
  SessionData,
  SessionRecord,
  SessionStore,
} from "../../../../driver/services/security/security";
import { UbloxDriver } from "../../../../driver/ublox/driver";
import { LARA_R6 } from "../../../../driver/ublox/lara-r6";
import { failure } from "../../../support/failure";
import { expectExplained } from "../bench";
import { turns } from "../http/http-client";
import { secureClient, secureGet, tls } from "./fake-tls";

class MemoryStore implements SessionStore {
  readonly records = new Map<string, SessionRecord>();
  readonly saved: SessionRecord[] = [];

  async load(server: string): Promise<SessionData | undefined> {
    return this.records.get(server);
  }

  async save(record: SessionRecord): Promise<void> {
    this.saved.push(record);
    this.records.set(record.server, record);
  }
}

/** Type, encrypted, number of the type, tag of the data. */
const KINDS: [ResumptionType, boolean, number, number][] = [
  ["id", false, 0, 2],
  ["id", true, 10, 12],
  ["ticket", false, 1, 3],
  ["ticket", true, 11, 13],
  ["psk-ticket", false, 3, 5],
  ["psk-ticket", true, 13, 15],
];
const ID = KINDS.slice(0, 2);
const TICKETS = KINDS.slice(2);

const resuming = (
  [resumption, resumptionEncrypted]: readonly [ResumptionType, boolean, ...unknown[]],
  settings: Partial<SecurityProfile> = {},
): SecurityProfile => tls({ resumption, resumptionEncrypted, ...settings });

const sessionCommands = (commands: readonly string[]): string[] =>
  commands.filter((line) => /^AT\+USECPRF=\d,13,/.test(line));

/** The modem after a reboot, with a driver of a new session on the same line. */
function reboot(parts: ReturnType<typeof secureClient>) {
  parts.driver.dispose(new Error("restarted"));
  parts.tls.reboot();
  parts.peer.commands.length = 0;
  return new UbloxDriver(parts.channel, LARA_R6).services;
}

describe.each(KINDS)("a session by %s, encrypted %s", (...kind) => {
  const [type, encrypted, number, tag] = kind;

  it("is asked for, told and kept in the store", async () => {
    const store = new MemoryStore();
    const { http, peer } = secureClient();
    await http.request(secureGet(resuming(kind, { sessions: store })));
    const queries = type === "id" ? [] : [`AT+USECPRF=0,13,${tag}`];
    expect(sessionCommands(peer.commands)).toEqual(["AT+USECPRF=0,13,0,1", `AT+USECPRF=0,13,1,${number}`, ...queries]);
    expect(store.saved).toHaveLength(1);
    const [record] = store.saved;
    expect(record).toMatchObject({ type, encrypted, profile: 0, server: "plant.example:443" });
    expect(record?.size).toBe(type === "id" && !encrypted ? undefined : record?.data.length);
  });

  it("is taken up by the second connection, and nothing new is stored", async () => {
    const store = new MemoryStore();
    const { http, tls: module } = secureClient();
    const profile = resuming(kind, { sessions: store });
    for (let request = 0; request < 3; request++) await http.request(secureGet(profile));
    expect(module.resumed).toEqual([false, true, true]);
    expect(store.saved).toHaveLength(1);
  });

  it("is taken up after a reboot, from the store, as the guide prints it", async () => {
    const store = new MemoryStore();
    const parts = secureClient();
    const profile = resuming(kind, { sessions: store });
    await parts.http.request(secureGet(profile));
    const { http } = reboot(parts);
    await http.request(secureGet(profile));
    expect(parts.tls.resumed).toEqual([false, true]);
    const { data = "" } = store.saved[0] ?? {};
    const [, , set] = sessionCommands(parts.peer.commands);
    const size = type === "id" && !encrypted ? "" : `,${data.length}`;
    expect(set).toBe(`AT+USECPRF=0,13,${tag}${type === "psk-ticket" ? "" : `,${data}`}${size}`);
    if (type === "psk-ticket") expect(parts.peer.uploads.map(String)).toEqual([data]);
    expectExplained(sessionCommands(parts.peer.commands));
  });

  it("that the server has forgotten is replaced by the new one, which is set again and stored", async () => {
    const store = new MemoryStore();
    const parts = secureClient();
    const profile = resuming(kind, { sessions: store });
    await parts.http.request(secureGet(profile));
    parts.tls.forget();
    await parts.http.request(secureGet(profile));
    await parts.http.request(secureGet(profile));
    expect(parts.tls.resumed).toEqual([false, false, true]);
    expect(store.saved).toHaveLength(2);
    await reboot(parts).http.request(secureGet(profile));
    expect(parts.tls.resumed.at(-1)).toBe(true);
    expect(store.saved).toHaveLength(2);
  });

  it("is read in quotation marks and with one U as well, and written so where the module wants it", async () => {
    const store = new MemoryStore();
    const parts = secureClient(undefined, { tls: { quoted: true, takes: "quoted", urc: "+USECPRF" } });
    const profile = resuming(kind, { sessions: store });
    for (let request = 0; request < 3; request++) await parts.http.request(secureGet(profile));
    expect(parts.tls.resumed).toEqual([false, true, true]);
    expect(store.saved[0]?.data).not.toContain('"');
    await reboot(parts).http.request(secureGet(profile));
    expect(parts.tls.resumed.at(-1)).toBe(true);
    expectExplained(sessionCommands(parts.peer.commands));
  });

  it("appears in no trace and no error", async () => {
    const store = new MemoryStore();
    const parts = secureClient();
    const profile = resuming(kind, { sessions: store });
    await parts.http.request(secureGet(profile));
    const [record] = store.saved;
    const { http } = reboot(parts);
    await http.request(secureGet(profile));
    const secrets = record?.data.split(",") ?? [];
    expect(secrets.length).toBeGreaterThan(0);
    for (const secret of secrets) expect(parts.trace.join("\n")).not.toContain(secret);
  });
});

describe.each(ID)("a session by %s, encrypted %s", (...kind) => {
  it("is not set again while the server takes it up", async () => {
    const { http, peer } = secureClient();
    const profile = resuming(kind);
    for (let request = 0; request < 4; request++) await http.request(secureGet(profile));
    expect(sessionCommands(peer.commands)).toHaveLength(3);
  });

  it("of another kind than was asked for is left alone", async () => {
    const store = new MemoryStore();
    const { http, peer } = secureClient();
    const profile = resuming(kind, { sessions: store });
    const request = http.request(secureGet(profile));
    await turns();
    await request;
    peer.urc("+UUSECPRF: 0,13,3,QUJD,4");
    peer.urc("+UUSECPRF: 4,13,2,QUJD,REVG");
    peer.urc('+UUSECPRF: 0,13,2,"A B","C;D"');
    peer.urc("+UUSECPRF: 0,13");
    await turns();
    expect(store.saved).toHaveLength(1);
  });
});

describe.each(TICKETS)("a session by %s, encrypted %s", (...kind) => {
  const [, , , tag] = kind;

  it("that comes late is asked for all the same", async () => {
    const store = new MemoryStore();
    const { http, peer, tls: module } = secureClient();
    await http.request(secureGet(resuming(kind, { sessions: store })));
    const profile = module.profiles[0];
    if (profile !== undefined) profile.data = "bGF0ZQ==";
    peer.urc("+UUSECPRF: 0,13,0,2");
    await turns();
    expect(store.saved.map(({ data }) => data)).toEqual([expect.any(String), "bGF0ZQ=="]);
  });

  it("is not asked for while the module has none", async () => {
    const { http, peer, tls: module } = secureClient();
    module.connect = () => peer.urc("+UUSECPRF: 0,13,0,1");
    await http.request(secureGet(resuming(kind)));
    expect(peer.commands).not.toContain(`AT+USECPRF=0,13,${tag}`);
  });

  it("does not cost the response when the module refuses to tell it", async () => {
    const { http, peer, trace } = secureClient();
    peer.on(new RegExp(`^AT\\+USECPRF=0,13,${tag}$`), ["+CME ERROR: operation not allowed"]);
    expect((await http.request(secureGet(resuming(kind)))).body.toString()).toBe("hello");
    expect(trace.some((line) => line.startsWith("note") && line.includes("session data"))).toBe(true);
  });
});

describe("the form of the data", () => {
  it("that the module took is the first that it gets from then on", async () => {
    const { http, peer, tls: module } = secureClient(undefined, { tls: { takes: "quoted" } });
    const profile = resuming(["id", false]);
    for (let request = 0; request < 4; request++) {
      await http.request(secureGet(profile));
      module.forget();
    }
    const set = peer.commands.filter((line) => line.startsWith("AT+USECPRF=0,13,2,"));
    expect(set.map((line) => line.includes('"'))).toEqual([false, true, true, true]);
  });
});

describe("firmware without resumption", () => {
  it.each(["0,1", "1,1"])("that refuses op 13,%s costs a note and full handshakes", async (op) => {
    const { http, security, peer, trace } = secureClient();
    const profile = resuming(["ticket", false]);
    peer.on(new RegExp(`^AT\\+USECPRF=\\d,13,${op}$`), ["+CME ERROR: operation not supported"]);
    expect((await http.request(secureGet(profile))).statusCode).toBe(200);
    expect(trace.some((line) => line.startsWith("note") && line.includes("does not resume"))).toBe(true);
    const session = { type: "ticket", encrypted: false, data: "QUJD" } as const;
    const error = await failure(security.restoreSession(profile, session, { server: "plant.example:443" }));
    expect(error.code).toBe("NOT_SUPPORTED");
  });
});

describe("two servers with one profile", () => {
  it.each(KINDS)("keep their sessions by %s, encrypted %s, apart", async (...kind) => {
    const store = new MemoryStore();
    const { http, peer, tls: module } = secureClient();
    const profile = resuming(kind, { sessions: store, sni: "plant.example" });
    const ask = (host: string) => http.request(secureGet(profile, { url: `https://${host}/` }));
    for (const host of ["a.example", "b.example", "a.example:8443", "a.example", "b.example"]) await ask(host);
    expect(module.resumed).toEqual([false, false, false, true, true]);
    expect([...store.records.keys()]).toEqual(["a.example:443", "b.example:443", "a.example:8443"]);
    expect(store.saved.map(({ profile: number }) => number)).toEqual([0, 1, 2]);
    expect(peer.commands.filter((line) => /^AT\+USECPRF=\d$/.test(line))).toHaveLength(3);
  });

  it("are remembered beyond the five numbers", async () => {
    const { http, tls: module } = secureClient();
    const profile = resuming(["ticket", false]);
    const hosts = ["a", "b", "c", "d", "e", "f"];
    for (const host of [...hosts, ...hosts])
      await http.request(secureGet(profile, { url: `https://${host}.example/` }));
    expect(module.resumed).toEqual([...hosts.map(() => false), ...hosts.map(() => true)]);
  });
});

describe("two profiles with one server", () => {
  it("do not take up each other's sessions: one may be without the checks of the other", async () => {
    const { http, tls: module } = secureClient();
    const kind = ["ticket", false] as const;
    await http.request(secureGet(resuming(kind)));
    await http.request(secureGet(resuming(kind, { minVersion: "1.0" })));
    await http.request(secureGet(resuming(kind, { id: "tls2" })));
    expect(module.resumed).toEqual([false, false, false]);
  });
});

describe("a store", () => {
  const kind = ["id", false] as const;
  const secret = "QVNlY3JldA==";

  it.each([
    ["throws when it saves", { load: async () => undefined, save: () => Promise.reject(new Error(secret)) }],
    [
      "throws at once",
      {
        load: () => {
          throw new Error(secret);
        },
        save: () => {
          throw new Error(secret);
        },
      },
    ],
  ] satisfies [string, SessionStore][])("that %s costs a note without secrets", async (_name, store) => {
    const { http, trace, tls: module } = secureClient();
    const profile = resuming(kind, { sessions: store });
    await http.request(secureGet(profile));
    await http.request(secureGet(profile));
    expect(module.resumed).toEqual([false, true]);
    const notes = trace.filter((line) => line.startsWith("note"));
    expect(notes.length).toBeGreaterThan(0);
    expect(notes.join()).not.toContain(secret);
  });

  it.each([
    ["of another kind", { type: "ticket", encrypted: false, data: "QUJD" }],
    ["that are no base64", { type: "id", encrypted: false, data: 'QUJD",13,QUJD' }],
    ["with a line end", { type: "id", encrypted: false, data: "QUJD,QU\rAT" }],
    ["in one part instead of two", { type: "id", encrypted: false, data: "QUJD" }],
    ["that are too long", { type: "id", encrypted: false, data: `QUJD,${"A".repeat(20_000)}` }],
  ] satisfies [string, SessionData][])("with data %s costs a full handshake", async (_name, session) => {
    const { http, peer, tls: module } = secureClient();
    const sessions: SessionStore = { load: async () => session, save: async () => undefined };
    await http.request(secureGet(resuming(kind, { sessions })));
    expect(module.resumed).toEqual([false]);
    expect(sessionCommands(peer.commands)).toHaveLength(2);
  });

  it("with data that the module refuses costs a full handshake", async () => {
    const store = new MemoryStore();
    store.records.set("plant.example:443", {
      type: "id",
      encrypted: false,
      data: "QUJD,REVG",
      profile: 0,
      server: "plant.example:443",
    });
    const parts = secureClient();
    let refusals = 2;
    parts.peer.on(/^AT\+USECPRF=0,13,2,"?QUJD"?,/, () => (refusals-- > 0 ? ["ERROR"] : ["OK"]));
    await parts.http.request(secureGet(resuming(kind, { sessions: store })));
    expect(parts.tls.resumed).toEqual([false]);
    expect(store.saved).toHaveLength(1);
  });

  it("that never answers ends with the request", async () => {
    const { http } = secureClient();
    const sessions: SessionStore = { load: () => new Promise(() => undefined), save: async () => undefined };
    const error: ModemError = await failure(http.request(secureGet(resuming(kind, { sessions }), { timeout: 20 })));
    expect(error.code).toBe("MODEM_TIMEOUT");
  });
});
