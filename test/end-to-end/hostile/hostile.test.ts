import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useNodeRed } from "../../nodes/support/flow";
import { TestServer } from "../../nodes/support/http-server";
import type { Wire } from "../wire";
import { CARRIED_ALONG, flow, foreign, given, type Properties, useWires, wired as wiredTo } from "./flow";
import { carriable, payloads, SEED, uncarriable } from "./texts";

const server = new TestServer((_request, response) => response.end("ok"));
const SITE = "http://server.example/";

useNodeRed();
useWires();
beforeAll(() => server.start());
afterAll(() => server.stop());

let number = 0;
const wired = (model: string): Promise<Wire> => wiredTo(model, `server.example:80=127.0.0.1:${server.port}`);

/** Fields of a message, each with the node that takes it. */
const FIELDS: readonly [field: string, node: Properties, message: (text: string) => Properties][] = [
  ["url", { type: "modem-http" }, (text) => ({ url: SITE + text })],
  ["host-of-url", { type: "modem-http" }, (url) => ({ url })],
  ["user-of-url", { type: "modem-http" }, (text) => ({ url: `http://${text}@server.example/` })],
  ["query", { type: "modem-http" }, (text) => ({ url: `${SITE}?q=${text}` })],
  ["template", { type: "modem-http", url: `${SITE}{{{text}}}` }, (text) => ({ text })],
  ["method", { type: "modem-http", url: SITE, method: "use" }, (method) => ({ method })],
  ["header", { type: "modem-http", url: SITE }, (text) => ({ headers: { "X-A": text } })],
  ["header-name", { type: "modem-http", url: SITE }, (text) => ({ headers: { [text]: "a" } })],
  [
    "dialog-header",
    {
      type: "modem-http",
      url: SITE,
      headers: [{ keyType: "other", keyValue: "X-B", valueType: "msg", valueValue: "text" }],
    },
    (text) => ({ text }),
  ],
  [
    "type",
    { type: "modem-http", url: SITE, method: "POST" },
    (text) => ({ payload: "a", headers: { "content-type": text } }),
  ],
  ["ping", { type: "modem-pdp", action: "ping" }, (host) => ({ host, count: 1, timeout: 100 })],
  ["resolve", { type: "modem-pdp", action: "resolve" }, (host) => ({ host })],
  ["host-template", { type: "modem-pdp", action: "resolve", host: "{{{text}}}" }, (text) => ({ text })],
  ["apn", { type: "modem-pdp", action: "activate", cid: 3 }, (apn) => ({ apn })],
  ["action", { type: "modem-pdp" }, (action) => ({ action })],
  ["cid", { type: "modem-pdp", action: "status" }, (cid) => ({ cid })],
  ["count", { type: "modem-pdp", action: "ping", host: "server.example" }, (count) => ({ count })],
];
/** What only the dialog says, in a node for each text. */
const DIALOG: readonly [field: string, node: (text: string) => Properties][] = [
  ["contentType", (contentType) => ({ type: "modem-http", url: SITE, method: "POST", contentType })],
  ["url", (text) => ({ type: "modem-http", url: SITE + text })],
  ["pdp-apn", (apn) => ({ type: "modem-pdp", action: "activate", cid: 3, apn })],
  ["primaryDns", (primaryDns) => ({ type: "modem-pdp", action: "activate", primaryDns })],
  ["secondaryDns", (secondaryDns) => ({ type: "modem-pdp", action: "activate", secondaryDns })],
  ["user", () => ({ type: "modem-http", url: SITE, authType: "basic" })],
  ["password", () => ({ type: "modem-http", url: SITE, authType: "basic" })],
];
/** Answers without the modem where they are refused; a name's own rules do that before quotation does. */
const MAYBE_FINE = new Set(["host-of-url", "user-of-url", "ping", "resolve", "host-template"]);

describe.each(["LARA-R6", "BG96"])(`hostile texts (seed ${SEED}) on a %s`, (model) => {
  it("in a message are refused before anything is sent", async () => {
    const wire = await wired(model);
    const nodes = FIELDS.map(([id, node]) => ({ ...node, id }));
    const { give } = await flow([{ port: wire.port }], nodes);
    await give("url", { url: SITE });
    const before = wire.conversation.uploads.length;
    for (const text of uncarriable(600)) {
      const codes = await Promise.all(
        FIELDS.map(async ([id, , message]) => `${id}: ${(await give(id, message(text)))?.code}`),
      );
      expect(codes, JSON.stringify(text)).toEqual(FIELDS.map(([id]) => `${id}: INVALID_INPUT`));
    }
    expect(foreign(model, wire)).toEqual([]);
    expect(wire.conversation.uploads).toHaveLength(before);
    expect(await give("url", { url: SITE })).toBeUndefined();
  }, 120_000);

  it("that a string can carry stay within it", async () => {
    const wire = await wired(model);
    const nodes = FIELDS.map(([id, node]) => ({ ...node, id }));
    const { give } = await flow([{ port: wire.port }], nodes);
    const texts = carriable(6);
    await Promise.all(
      FIELDS.flatMap(([id, , message]) =>
        texts.slice(0, MAYBE_FINE.has(id) ? 2 : 6).map((text) => give(id, message(text))),
      ),
    );
    expect(foreign(model, wire)).toEqual([]);
    expect(wire.conversation.commands.join()).toMatch(CARRIED_ALONG);
    expect(await give("url", { url: SITE })).toBeUndefined();
  }, 120_000);

  it("in a dialog are refused, or stay within their string", async () => {
    const wire = await wired(model);
    const texts = [...uncarriable(150), ...carriable(3)];
    const all = DIALOG.flatMap(([field, node]) =>
      texts.map((text, index) => ({ field, text, id: `${field}-${index}`, node: node(text) })),
    );
    const credentials = Object.fromEntries(
      all.map(({ field, text, id }) => [id, { user: "user", password: "password", [field]: text }]),
    );
    const nodes = [{ id: "get", type: "modem-http", url: SITE }, ...all.map(({ id, node }) => ({ ...node, id }))];
    const { give } = await flow([{ port: wire.port }], nodes, credentials);
    const codes = await Promise.all(
      all.map(async ({ id, text, field }) => ({ field, text, code: (await give(id, { payload: "a" }))?.code })),
    );
    const base64 = (field: string) => model === "BG96" && ["user", "password"].includes(field);
    const accepted = codes.filter(({ text, code }) => /[\r\n]/.test(text) && code !== "INVALID_INPUT");
    expect(accepted.filter(({ field }) => !base64(field))).toEqual([]);
    expect(foreign(model, wire)).toEqual([]);
    expect(await give("get", {})).toBeUndefined();
  }, 120_000);

  it("as a body arrive as they are", async () => {
    const wire = await wired(model);
    const nodes = ["POST", "PUT"].map((method) => ({ id: method, type: "modem-http", url: SITE, method }));
    const { give } = await flow([{ port: wire.port }], nodes);
    server.seen.length = 0;
    const bodies = payloads(model === "BG96" ? 100 : 30);
    await Promise.all(
      bodies.map(async (payload, index) => {
        const error = await give(index % 2 ? "POST" : "PUT", { payload, headers: { "x-index": String(index) } });
        expect(error).toBeUndefined();
      }),
    );
    expect(foreign(model, wire)).toEqual([]);
    expect(server.seen).toHaveLength(bodies.length);
    for (const { headers, body } of server.seen) expect(body).toEqual(bodies[Number(headers["x-index"])]);
  }, 90_000);

  it("in the settings of a modem are refused, or stay within their string", async () => {
    const wire = await wired(model);
    const settings = (field: string, text: string): Properties => ({
      port: wire.port,
      [field]: field === "port" ? wire.port + text : text,
      authType: "pap",
    });
    const FIELDS_OF_MODEM = ["port", "apn", "apnUser", "apnPassword", "pin", "mnoProfile", "cid", "model", "pdpType"];
    const refused = FIELDS_OF_MODEM.flatMap((field) =>
      uncarriable(150).map((text, index) => ({ field, text, id: `m-${field}-${index}` })),
    );
    given(refused.length);
    const kept = await Promise.all(
      ["apn", "apnUser", "apnPassword"].flatMap((field) =>
        carriable(3).map(async (text) => ({ field, text, id: `k-${++number}`, wire: await wired(model) })),
      ),
    );
    const all = [...refused, ...kept];
    const modems = all.map(({ id, field, text }) => ({ ...settings(field, text), id }));
    const credentials = Object.fromEntries(
      all.map(({ id, field, text }) => [id, { apnUser: "user", apnPassword: "password", [field]: text }]),
    );
    const nodes = all.map(({ id }) => ({ id: `n-${id}`, type: "modem-pdp", action: "status", modem: id }));
    const own = modems.map((modem) => {
      const mine = kept.find(({ id }) => id === modem.id);
      return mine === undefined ? modem : { ...modem, port: mine.wire.port, timeout: 5 };
    });
    const { give } = await flow(own, nodes, credentials);
    const errors = await Promise.all(refused.map(({ id }) => give(`n-${id}`, {})));
    expect(new Set(errors.map((error) => error?.code))).toEqual(new Set(["INVALID_INPUT"]));
    expect(wire.conversation.commands).toEqual([]);
    await Promise.all(
      kept.map(async ({ id, wire: line }) => {
        const error = await give(`n-${id}`, {});
        // A modem may have rules of its own for what an access point can be called.
        expect([undefined, "MODEM_REJECTED"]).toContain(error?.code);
        expect(foreign(model, line)).toEqual([]);
        expect(line.conversation.commands.join()).toMatch(CARRIED_ALONG);
      }),
    );
  }, 120_000);

  it("as a raw command are one line or nothing, and as its data end where the modem's count ends", async () => {
    const wire = await wired(model);
    const { give } = await flow([{ port: wire.port }], [{ id: "at", type: "modem-at", timeout: 10 }]);
    for (const command of uncarriable(300)) {
      const error = await give("at", { command: `AT+NONSENSE="${command}` });
      expect(error?.code, JSON.stringify(command)).toBe("INVALID_INPUT");
    }
    const raw = carriable(40).map((text) => `AT+NONSENSE="${text}"`);
    await Promise.all(raw.map((command) => give("at", { command })));
    const upload = (length: number, name: string) =>
      model === "BG96" ? `AT+QFUPL="RAM:${name}",${length}` : `AT+UDWNFILE="${name}",${length}`;
    const data = payloads(40);
    const ends = data.map((bytes, index) =>
      give("at", { command: upload(bytes.length, `whole${index}`), data: bytes }),
    );
    expect(new Set(await Promise.all(ends))).toEqual(new Set([undefined]));
    const meant = new Set([...raw, ...data.map((bytes, index) => upload(bytes.length, `whole${index}`))]);
    const short = data.map((bytes, index) =>
      give("at", { command: upload(bytes.length - 9, `short${index}`), data: bytes }),
    );
    const codes = (await Promise.all(short)).map((error) => error?.code);
    expect(foreign(model, wire, meant)).toEqual([]);
    expect(new Set(codes)).toEqual(new Set(["INVALID_INPUT"]));
    expect(wire.conversation.uploads).toEqual(data);
  }, 120_000);
});

describe("these tests", () => {
  it("have given at least 20,000 texts", () => {
    process.stdout.write(`hostile texts: ${given()}, seed ${SEED}\n`);
    expect(given()).toBeGreaterThan(20_000);
  });
});
