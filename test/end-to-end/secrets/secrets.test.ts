import type { NodeMessage } from "node-red";
import helper from "node-red-node-test-helper";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { deploy, type Received, useNodeRed } from "../../nodes/support/flow";
import { TestServer } from "../../nodes/support/http-server";
import { Wire, type WireOptions } from "../wire";

const server = new TestServer((_request, response) => response.end("ok"));

const PIN = "24681357";
const APN = { user: "apn-us3r-Zk", password: "apn-pa55+w0rd/Zk" };
const HTTP = { user: "http-us3r-Qx", password: "http pa55+w0rd/Qx" };
const URL_PART = { user: "url-us3r-Jv", password: "url-pa55+w0rd=Jv" };
const TOKEN = "Bearer t0ken+auth/Wy==";
/** What no field can carry is refused, and not told either. */
const UNFIT = 'unfit"secret\r\nAT+Hm';

const basic = ({ user, password }: { user: string; password: string }) =>
  Buffer.from(`${user}:${password}`).toString("base64");

/** The secrets, in every form in which they may come by. */
const SECRETS = [PIN, APN.user, APN.password, HTTP.user, HTTP.password, URL_PART.user, URL_PART.password, TOKEN, UNFIT];
const FORMS = [
  ...SECRETS.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    encodeURI(secret),
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
    Buffer.from(secret).toString("hex"),
    JSON.stringify(secret).slice(1, -1),
  ]),
  TOKEN.slice("Bearer ".length),
  ...[APN, HTTP, URL_PART, { user: "me", password: UNFIT }].map(basic),
];

useNodeRed();
beforeAll(() => server.start());
afterAll(() => server.stop());

const wires: Wire[] = [];
afterEach(async () => {
  await helper.unload();
  for (const wire of wires.splice(0)) await wire.stop();
});

interface Outcome {
  /** Everything that a person may get to see. */
  readonly told: string;
  readonly errors: Received[];
  readonly log: string;
  readonly answers: number;
}

interface Options {
  readonly modem: string;
  readonly alter?: WireOptions["alter"];
  readonly pin?: string;
  readonly apnPassword?: string;
  readonly url?: string;
  readonly timeout?: number;
}

let number = 0;

/** Deploys a modem and three nodes that use every kind of secret, lets them work, and collects all that is told. */
async function work({ modem, alter, url = "http://server.example/", ...options }: Options): Promise<Outcome> {
  number += 1;
  const wire = await Wire.start({
    modem: `${modem}&name=secrets-${number}`,
    ...(alter === undefined ? {} : { alter }),
  });
  wires.push(wire);
  const told: unknown[] = [];
  const credentials = {
    m: { pin: options.pin ?? PIN, apnUser: APN.user, apnPassword: options.apnPassword ?? APN.password },
    basic: HTTP,
    unfit: { user: "me", password: UNFIT },
  };
  const modemNode = {
    id: "m",
    type: "modem",
    port: wire.port,
    trace: true,
    authType: "chap",
    apn: "internet",
    timeout: options.timeout ?? 20,
  };
  const http = { type: "modem-http", modem: "m", method: "use", timeout: 10, wires: [["out"]] };
  const nodes = [
    { ...http, id: "basic", authType: "basic" },
    { ...http, id: "unfit", authType: "basic" },
    { ...http, id: "plain" },
  ];
  await deploy(
    [
      modemNode,
      ...nodes,
      { id: "status", type: "modem-pdp", modem: "m", action: "activate", wires: [["out"], ["out"]] },
      { id: "catch", type: "catch", scope: null, wires: [["errors"]] },
      { id: "watch", type: "status", scope: null, wires: [["statuses"]] },
      ...["out", "errors", "statuses"].map((id) => ({ id, type: "helper" })),
    ],
    credentials,
  );
  const errors: Received[] = [];
  let answers = 0;
  const ended = new Map<string | undefined, () => void>();
  helper.getNode("out").on("input", (message: Record<string, unknown> & NodeMessage) => {
    const { payload, statusCode, headers, responseUrl } = message;
    told.push({ payload, statusCode, headers, responseUrl });
    if (!ended.has(message._msgid)) return;
    answers += 1;
    ended.get(message._msgid)?.();
  });
  helper.getNode("errors").on("input", (message: Received) => {
    errors.push(message);
    told.push(message.error);
    ended.get(message._msgid)?.();
  });
  helper.getNode("statuses").on("input", (message: Record<string, unknown>) => told.push(message.status));

  const authorized = { headers: { Authorization: TOKEN, Cookie: TOKEN } };
  const withUser = url.replace("//", `//${URL_PART.user}:${encodeURIComponent(URL_PART.password)}@`);
  const messages: [string, NodeMessage][] = [
    ["basic", { method: "GET", url }],
    ["basic", { method: "POST", url, payload: "short" }],
    ["plain", { method: "GET", url: withUser }],
    ["plain", { method: "PUT", url: withUser, payload: Buffer.alloc(300) }],
    ["plain", { method: "GET", url, ...authorized }],
    ["plain", { method: "POST", url, payload: '"', ...authorized }],
    ["unfit", { method: "GET", url }],
    ["plain", { method: "GET", url, headers: { Authorization: UNFIT } }],
    ["plain", { method: "GET", url: `http://me:${UNFIT}@server.example/` }],
    ["status", {}],
  ];
  const ends = messages.map(
    ([id, message], index) =>
      new Promise<void>((resolve) => {
        ended.set(`m${index}`, resolve);
        helper.getNode(id).receive({ ...message, _msgid: `m${index}` });
      }),
  );
  await Promise.all(ends);
  const log = helper
    .log()
    .args.map(([entry]: unknown[]) => plain(entry))
    .join("\n");
  await helper.unload();
  return { told: `${told.map(plain).join("\n")}\n${log}`, errors, log, answers };
}

/** Own properties of every kind, those of errors included. */
function plain(value: unknown): string {
  return (
    JSON.stringify(value, (_key, part: unknown) =>
      part instanceof Error
        ? Object.fromEntries(Object.getOwnPropertyNames(part).map((name) => [name, Reflect.get(part, name)]))
        : part,
    ) ?? ""
  );
}

let sims = 1000;
const leaks = (told: string) =>
  [...new Set(FORMS)].filter((form) => told.includes(form) || told.includes(plain(form).slice(1, -1)));
const option = (name: string, value: string) => `&${name}=${encodeURIComponent(value)}`;

describe.each(["LARA-R6", "BG96"])("no secret of a flow is told by a %s", (model) => {
  // A SIM of its own for each: a PIN that one has refused is not tried on it again.
  const modem = (pin = PIN) =>
    `sim:${model}?route=server.example:80=127.0.0.1:${server.port}&pin=${pin}&iccid=898821100000000${sims++}` +
    option("apn-user", APN.user) +
    option("apn-password", APN.password);

  it("when all goes well", async () => {
    server.seen.length = 0;
    const { told, log, answers, errors } = await work({ modem: modem() });
    expect(leaks(told)).toEqual([]);
    // The secrets have been used, and the log has the traffic.
    const authorizations = server.seen.map(({ headers }) => headers.authorization);
    expect(authorizations).toEqual(expect.arrayContaining([`Basic ${basic(HTTP)}`, `Basic ${basic(URL_PART)}`, TOKEN]));
    expect(log).toMatch(/> AT\+CPIN=/);
    expect(log).toContain("***");
    expect(answers).toBeGreaterThanOrEqual(7);
    expect(errors.map(({ error }) => error?.code)).toContain("INVALID_INPUT");
  }, 60_000);

  it("when the server can't be reached or found", async () => {
    for (const url of ["http://127.0.0.1:1/", "http://name.invalid/"]) {
      const { told, errors } = await work({ modem: modem(), url });
      expect(leaks(told)).toEqual([]);
      expect(errors.length).toBeGreaterThanOrEqual(8);
    }
  }, 120_000);

  it("when the PIN is wrong", async () => {
    const { told, errors } = await work({ modem: modem("1111"), timeout: 2 });
    expect(leaks(told)).toEqual([]);
    expect(errors.map(({ error }) => error?.code)).toContain("SIM_ERROR");
  }, 60_000);

  it("when the network refuses the password", async () => {
    const apnPassword = `${APN.password}-wrong`;
    const { told, errors } = await work({ modem: modem(), apnPassword, timeout: 3 });
    expect(leaks(told)).toEqual([]);
    expect(errors.length).toBeGreaterThanOrEqual(8);
  }, 90_000);

  it("when the modem refuses a command and repeats it", async () => {
    const refused = /^AT\+(?:UHTTP=\d,[29],|QHTTPCFG=|UHTTPC=)/;
    const { told, errors } = await work({
      modem: modem(),
      alter: ({ kind, bytes }, command) =>
        kind === "line" && refused.test(command)
          ? Buffer.from(`\r\n+CME ERROR: what is ${command}?\r\n`, "latin1")
          : bytes,
    });
    expect(leaks(told)).toEqual([]);
    expect(errors.map(({ error }) => error?.code)).toContain("MODEM_REJECTED");
  }, 60_000);

  it("when the echo comes with a byte too many", async () => {
    const { told, answers } = await work({
      modem: modem(),
      alter: ({ kind, bytes }) => (kind === "echo" ? Buffer.concat([Buffer.from("A"), bytes]) : bytes),
    });
    expect(leaks(told)).toEqual([]);
    expect(answers).toBeGreaterThan(0);
  }, 60_000);
});
