import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CERTIFICATES_PATH } from "../../../nodes/modem-tls/types";
import { pem } from "../../nodes/support/https-server";
import {
  BAD,
  DAMAGED_KEY,
  ENCRYPTED_KEY,
  FAILING,
  FOREIGN,
  HEADLESS_KEY,
  IMPORTED_KEY,
  KEY_PASSWORD,
  MODELS,
  type Model,
  outcome,
  PROFILES,
  RAW,
  SecretsStage,
  WRONG_PASSWORD,
} from "./stage";

const stage = new SecretsStage();
beforeAll(() => stage.start());
afterAll(() => stage.stop());

const give = (node: string, message: object) => stage.nodeRed.give(node, message);
const imported = (kind: string, payload: string | Buffer, more: object = {}) => ({
  action: "import",
  kind,
  certificateName: "imported",
  payload,
  ...more,
});

/** Lines that a flow's author may write, with what is sent at their prompts. */
const COMMANDS: Readonly<Record<Model, readonly (readonly [command: string, data?: string])[]>> = {
  "LARA-R6": [
    [`AT+USECPRF=4,7,"${RAW.password}"`],
    [`at+usecprf=4,8,"${RAW.key}"`],
    [`AT+CSQ;+USECPRF = 4,9,"${RAW.user}"`],
    ["AT+USECPRF=4,7"],
    ["AT+USECPRF=4,8;+USECPRF=4,9"],
    [`AT+USECPRF=4,13,2,${FOREIGN.id}`],
    [`AT+USECPRF=4,13,3,${FOREIGN.ticket},${FOREIGN.ticket.length}`],
    [`AT+USECPRF=4,13,5,${FOREIGN.ticket.length}`, FOREIGN.ticket],
    [`AT+USECMNG=0,2,"raw",${ENCRYPTED_KEY.length},"${KEY_PASSWORD}"`, ENCRYPTED_KEY],
    [`AT+USECMNG=0,2,"raw",${IMPORTED_KEY.length},"${RAW.password}`, IMPORTED_KEY],
    [`AT+UDWNFILE="key.pem",${IMPORTED_KEY.length}`, IMPORTED_KEY],
    ['AT+URDFILE="key.pem"'],
    ['AT+URDBLOCK="key.pem",100,500'],
  ],
  BG96: [
    [`AT+QFUPL="key.pem",${IMPORTED_KEY.length}`, IMPORTED_KEY],
    ['AT+QFDWL="key.pem"'],
    ['AT+QFOPEN="key.pem",0'],
    ["AT+QFREAD=1,900"],
    ['AT+QSSLCFG="clientkey",3,"key.pem"'],
    [`AT+QSSLCFG="psk",3,"${RAW.user}","${RAW.key}"`],
    [`AT+QHTTPCFG="auth","${RAW.user}:${RAW.password}"`],
    ['AT+QHTTPCFG="auth"'],
    [`AT+QMTCFG="psk",0,"${RAW.user}","${RAW.key}"`],
    [`AT+QMTCONN=0,"me","${RAW.user}","${RAW.password}"`],
    [`AT+QFTPCFG="account","${RAW.user}","${RAW.password}"`],
    ['AT+QFTPCFG="account"'],
  ],
};

/** Under which the module tells session data when it is asked (u-blox guide 3.4.4). */
const TAGS = { "ticket-plain": 3, "ticket-encrypted": 13, "psk-ticket-plain": 5, "psk-ticket-encrypted": 15 };

describe("no secret of TLS is told", () => {
  it("by profiles that work, fail or can't be used", async () => {
    const profiles = { ...PROFILES, ...FAILING, ...BAD };
    await stage.deploy(await Promise.all(MODELS.map((model) => stage.modem(model, model))), Object.keys(profiles));
    const outcomes = new Map<string, string[]>();
    const work = MODELS.flatMap((model) =>
      Object.keys(profiles).map(async (tls) => {
        const results = [];
        for (const [node, message] of [["http"], ["profile", { action: "apply" }], ["http"]] as const) {
          results.push(outcome(await give(`${model}/${node}/${tls}`, message ?? {})));
        }
        outcomes.set(`${model} ${tls}`, results);
      }),
    );
    await Promise.all(work);
    const of = (model: Model, group: object) => Object.keys(group).map((id) => outcomes.get(`${model} ${id}`)?.[2]);
    expect(new Set(of("LARA-R6", PROFILES))).toEqual(new Set(["out"]));
    expect(new Set(of("LARA-R6", FAILING))).toEqual(new Set(["TLS_FAILED"]));
    expect(new Set(of("BG96", PROFILES))).toEqual(new Set(["out", "NOT_SUPPORTED"]));
    for (const model of MODELS) expect(new Set(of(model, BAD))).toEqual(new Set(["INVALID_INPUT"]));
    expect(stage.server.resumed).toContain(true);
    expect(stage.nodeRed.events.map(({ payload }) => payload.type)).toEqual(
      expect.arrayContaining(["id", "ticket", "psk-ticket"]),
    );
    expect(await stage.leaks()).toEqual([]);
  }, 120_000);

  it("by modem-tls-profile, whatever it is given", async () => {
    for (const model of MODELS) {
      const node = `${model}/profile/encrypted`;
      const key = await give(node, imported("key", IMPORTED_KEY));
      expect(key).toMatchObject({ kind: "out", payload: { kind: "key", name: "imported" } });
      const encrypted = await give(node, imported("key", ENCRYPTED_KEY, { password: KEY_PASSWORD }));
      expect(encrypted).toMatchObject({ kind: "out", payload: { kind: "key" } });
      expect(encrypted.password).toBeUndefined();
      const refused = [
        imported("key", ENCRYPTED_KEY, { password: WRONG_PASSWORD }),
        imported("key", ENCRYPTED_KEY),
        imported("key", DAMAGED_KEY),
        imported("key", HEADLESS_KEY),
        imported("key", Buffer.from(IMPORTED_KEY.slice(0, 900))),
        imported("ca", IMPORTED_KEY),
        imported("cert", DAMAGED_KEY),
        { action: "session", payload: { type: "id", encrypted: false, data: `${FOREIGN.id}"` } },
        { action: "session", payload: FOREIGN.id },
      ];
      for (const message of refused) expect(outcome(await give(node, message))).toBe("INVALID_INPUT");
      await stage.nodeRed.send(`${model}/uncaught`, imported("key", DAMAGED_KEY));
      await stage.nodeRed.send(`${model}/uncaught`, imported("key", ENCRYPTED_KEY, { password: WRONG_PASSWORD }));
      while (!stage.nodeRed.log.includes(`[error] [modem-tls-profile:${model}/uncaught]`)) await setTimeout(20);
      for (const action of ["list", "hash", "remove", "hash"]) {
        await give(node, { action, kind: "key", certificateName: "imported" });
      }
    }
    const sessions = stage.nodeRed.events.filter(({ node }) => node.includes("/profile/"));
    expect(sessions.length).toBeGreaterThan(5);
    for (const { node, payload } of sessions) {
      expect(outcome(await give(node, { action: "session", payload }))).toBe("out");
    }
    for (const type of ["id", "ticket", "psk-ticket"]) {
      const data = type === "id" ? FOREIGN.id : FOREIGN.ticket;
      const payload = { type, encrypted: false, data, size: data.length, server: "server.example:443" };
      expect(outcome(await give(`LARA-R6/profile/${type}-plain`, { action: "session", payload }))).toBe("out");
      expect(outcome(await give(`BG96/profile/${type}-plain`, { action: "session", payload }))).toBe("NOT_SUPPORTED");
      expect(outcome(await give(`LARA-R6/http/${type}-plain`, {}))).toBe("out");
    }
    expect(await stage.leaks()).toEqual([]);
  }, 120_000);

  it("of commands that a flow's author writes", async () => {
    for (const model of MODELS) {
      const outcomes = [];
      for (const [command, data] of COMMANDS[model]) {
        outcomes.push(outcome(await give(`${model}/at`, { command, ...(data === undefined ? {} : { data }) })));
      }
      expect(new Set(outcomes)).toEqual(new Set(["own", "MODEM_REJECTED"]));
    }
    const file = { action: "import", kind: "key", certificateName: "from-file", filename: "key.pem" };
    for (const model of MODELS) expect(outcome(await give(`${model}/profile/mutual`, file))).toBe("out");
    expect(await stage.leaks()).toEqual([]);
  }, 120_000);

  it("where session data are read back", async () => {
    for (const [tls, tag] of Object.entries(TAGS)) {
      await give(`LARA-R6/http/${tls}`, {});
      const answers = [];
      for (const profile of [0, 1, 2, 3, 4]) {
        answers.push(await give("LARA-R6/at", { command: `AT+USECPRF=${profile},13,${tag}` }));
      }
      expect(JSON.stringify(answers), tls).toMatch(/\+USECPRF: \d,13,\d+,\W*[A-Za-z0-9+/]{99}/);
    }
    expect(await stage.leaks()).toEqual([]);
  }, 60_000);

  it("by the answers to the editor's questions", async () => {
    const questions = [
      { key: DAMAGED_KEY, keyPassword: KEY_PASSWORD },
      { key: HEADLESS_KEY },
      { key: ENCRYPTED_KEY, keyPassword: WRONG_PASSWORD },
      { key: ENCRYPTED_KEY, keyPassword: KEY_PASSWORD, cert: pem("client-ec.cert") },
      { ca: IMPORTED_KEY, cert: IMPORTED_KEY, pinnedKey: DAMAGED_KEY },
      { keyPassword: WRONG_PASSWORD, id: "encrypted" },
      { id: "encrypted", key: "__PWRD__" },
      { id: "bad-content" },
      { id: "bad-path" },
    ];
    for (const question of questions) {
      const answer = await stage.nodeRed.post(CERTIFICATES_PATH, { id: "", ...question });
      expect(answer).toHaveProperty("key" in question || "id" in question ? "key" : "cert");
    }
    expect(await stage.leaks()).toEqual([]);
  }, 60_000);

  it("and what these tests would see if one were", async () => {
    const pieces = [
      IMPORTED_KEY.split("\n")[9]?.slice(20, 40),
      Buffer.from(KEY_PASSWORD).toString("base64"),
      Buffer.from(RAW.key).toString("hex").toUpperCase(),
      encodeURIComponent(RAW.user),
      JSON.stringify({ password: RAW.password }),
      FOREIGN.ticket.slice(100, 130),
      Buffer.from(FOREIGN.ticket, "base64").toString("hex").slice(80, 120),
    ];
    for (const piece of pieces) {
      expect(stage.planted.find("", `some ${piece} text`), piece).toHaveLength(1);
      await give("LARA-R6/at", { command: `AT+NONSENSE="${piece?.replaceAll('"', "")}"` });
    }
    const places = (await stage.leaks()).map((leak) => leak.split(":")[0]);
    expect(new Set(places)).toEqual(new Set(["log", "comms", "messages"]));
  }, 60_000);
});
