import helper from "node-red-node-test-helper";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { ModemNode, TlsNode } from "../../../nodes/common/types";
import { SETTINGS_KEY } from "../../../nodes/modem-tls/session-vault";
import { deploy, type Inbox, redeploy, setFlows, useNodeRed } from "../support/flow";
import { pem, pemPath, SecureServer } from "../support/https-server";
import { deploySecureFlow, type SecureFlowOptions } from "../support/secure-flow";
import { TestSettings } from "./settings-storage";

useNodeRed();

const tlsNode = () => helper.getNode("t") as unknown as TlsNode;
const modemNode = () => helper.getNode("m") as unknown as ModemNode;

describe("modem-tls", () => {
  it("gives the same profile to every node, and each modem its own sessions", async () => {
    await deploy([
      { id: "m", type: "modem", port: "sim:LARA-R6" },
      { id: "m2", type: "modem", port: "sim:BG96" },
      { id: "t", type: "modem-tls", resumption: "ticket", name: "bank" },
    ]);
    const profile = tlsNode().profileFor(modemNode());
    expect(profile).toMatchObject({ id: "t", name: "bank", resumption: "ticket" });
    expect(tlsNode().profileFor(modemNode())).toBe(profile);
    const data = { type: "ticket", encrypted: false, data: "YQ==" } as const;
    await profile.sessions?.save({ ...data, profile: 0, server: "a:443" });
    expect(await profile.sessions?.load("a:443")).toEqual(data);
    expect(await profile.sessions?.load("b:443")).toBeUndefined();
    const other = tlsNode().profileFor(helper.getNode("m2") as unknown as ModemNode);
    expect(await other.sessions?.load("a:443")).toBeUndefined();
  });

  it("keeps sessions through a deploy, but not into one with other settings", async () => {
    await deploy([
      { id: "m", type: "modem", port: "sim:LARA-R6" },
      { id: "t", type: "modem-tls", resumption: "id", validation: "none" },
    ]);
    const sessions = () => tlsNode().profileFor(modemNode()).sessions;
    await sessions()?.save({ type: "id", encrypted: false, data: "YQ==,Yg==", profile: 0, server: "a:443" });
    await redeploy("t", { name: "renamed" });
    expect(await sessions()?.load("a:443")).toMatchObject({ data: "YQ==,Yg==" });
    await redeploy("t", { validation: "ca" });
    expect(await sessions()?.load("a:443")).toBeUndefined();
  });

  it("forgets the sessions of modems and profiles that are deleted, in the storage too", async () => {
    const settings = new TestSettings({ credentialSecret: false });
    helper.settings({ get: settings.get.bind(settings), set: settings.set.bind(settings) } as never);
    onTestFinished(() => void helper.settings({} as never));
    const nodes = [
      { id: "m", type: "modem", port: "sim:LARA-R6" },
      { id: "m2", type: "modem", port: "sim:BG96" },
      { id: "t", type: "modem-tls", resumption: "ticket" },
      { id: "t2", type: "modem-tls", resumption: "ticket" },
    ];
    await deploy(nodes);
    for (const tls of ["t", "t2"]) {
      for (const modem of ["m", "m2"]) {
        const profile = (helper.getNode(tls) as unknown as TlsNode).profileFor(helper.getNode(modem) as never);
        const data = Buffer.from(`${tls} ${modem}`).toString("base64");
        await profile.sessions?.save({ type: "ticket", encrypted: false, data, profile: 0, server: "a:443" });
      }
    }
    const late = (helper.getNode("t2") as unknown as TlsNode).profileFor(modemNode());
    await setFlows(
      nodes.filter(({ id }) => id !== "m2" && id !== "t2"),
      "nodes",
    );
    await late.sessions?.save({ type: "ticket", encrypted: false, data: "bGF0ZQ==", profile: 0, server: "c:443" });
    await helper.unload();
    const stored = settings.get(SETTINGS_KEY) as { sessions: { profile: string; modem: string }[] };
    expect(stored.sessions.map(({ profile, modem }) => `${profile} ${modem}`)).toEqual(["t m"]);
  });

  it("takes its settings from environment variables", async () => {
    vi.stubEnv("TEST_CA_FILE", pemPath("ca.cert"));
    vi.stubEnv("TEST_TLS_HOST", "server.example");
    vi.stubEnv("TEST_TLS_CIPHERS", "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384");
    await deploySecureFlow({
      tls: { serverName: "${TEST_TLS_HOST}", ciphers: "${TEST_TLS_CIPHERS}" },
      credentials: { ca: "${TEST_CA_FILE}" },
    });
    vi.unstubAllEnvs();
    expect(tlsNode().profileFor(modemNode())).toMatchObject({
      serverName: "server.example",
      ciphers: ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"],
      ca: Buffer.from(pem("ca.cert")),
    });
  });

  const pair = (cert: string, key: string, keyPassword?: string) => ({
    cert: pem(cert),
    key: pem(key),
    ...(keyPassword === undefined ? {} : { keyPassword }),
  });
  const unusable: [string, SecureFlowOptions, RegExp][] = [
    [
      "a key of another certificate",
      { credentials: pair("client.cert", "server.key") },
      /^key does not belong to cert/,
    ],
    ["a certificate without its key", { credentials: { cert: pem("client.cert") } }, /^key is missing/],
    ["an RSA key that is too short", { credentials: pair("weak.cert", "weak.key") }, /1024 bits/],
    ["a key without its password", { credentials: pair("client.cert", "client-encrypted.key") }, /^key is encrypted/],
    ["a wrong password", { credentials: pair("client.cert", "client-encrypted.key", "guess") }, /password is wrong/],
    ["a file that is not there", { credentials: { ca: "/no/such/file.pem" } }, /^ca is neither PEM .*ENOENT/],
    ["a key for a CA", { credentials: { ca: pem("ca.key") } }, /^ca holds a private key/],
    ["an unknown cipher suite", { tls: { ciphers: ["RC4"] } }, /^ciphers must be IANA names/],
    ["a bad host name", { tls: { serverName: "a b" } }, /^serverName is not a host name/],
  ];

  it.each(unusable)("with %s says so once, and fails every message that needs it", async (_name, options, message) => {
    const { answers, ask } = await deploySecureFlow(options);
    const problem = { code: "INVALID_INPUT", message: expect.stringMatching(message) };
    // Node-RED tells the flow of each of its two users.
    for (let user = 0; user < 2; user += 1) {
      expect(await answers.next()).toMatchObject({ error: { ...problem, source: { id: "t" } } });
    }
    for (const [id, request] of [
      ["n", {}],
      ["n", {}],
      ["p", { action: "apply" }],
    ] as const) {
      expect(await ask(id, { ...request, payload: id })).toMatchObject({
        error: { ...problem, source: { id } },
        payload: id,
      });
    }
    expect(answers.messages).toHaveLength(5);
  });

  it("repeats no secret when it can't be used", async () => {
    const secrets = {
      key: pem("client.key").split("\n").slice(1, -2).join(""),
      keyPassword: "pa55phrase",
      psk: "psk-s3cret",
    };
    const { answers, ask } = await deploySecureFlow({ credentials: { cert: pem("client.cert"), ...secrets } });
    await ask("n");
    const log = helper.log().args.map(([entry]: unknown[]) => JSON.stringify(entry));
    const told = JSON.stringify([answers.messages, log]);
    expect(told).toContain("key is neither PEM");
    for (const secret of Object.values(secrets)) expect(told).not.toContain(secret.slice(0, 40));
  });
});

describe("the badge of a node with a security profile", () => {
  let server: SecureServer;

  beforeEach(async () => {
    server = new SecureServer();
    await server.start();
  });
  afterEach(async () => {
    vi.useRealTimers();
    await server.stop();
  });

  const badge = (inbox: Inbox, fill: string, shape: string, key: string) =>
    inbox.until(({ status }) => {
      const shown = status as { fill?: string; shape?: string; text?: string };
      return shown.fill === fill && shown.shape === shape && shown.text?.endsWith(`:status.${key}`) === true;
    });
  const credentials = { ca: pem("ca.cert"), cert: pem("expires-2040.cert"), key: pem("expires-2040.key") };
  const at = (now: string) => vi.useFakeTimers({ now: new Date(now), toFake: ["Date"] });

  it.each([
    ["2040-01-03T12:00:00Z", "certificateExpires"],
    ["2040-01-14T11:00:00Z", "certificateExpiresTomorrow"],
    ["2040-01-15T11:00:00Z", "certificateExpiresToday"],
    ["2040-01-15T13:00:00Z", "certificateExpired"],
  ])("warns at %s: %s", async (now, key) => {
    at(now);
    const { status } = await deploySecureFlow({ port: server.port, credentials });
    await badge(status, "yellow", "dot", key);
  });

  it("is the usual one more than 30 days before, and changes with the next message after that", async () => {
    at("2039-12-15T11:59:59Z");
    const { status, ask } = await deploySecureFlow({ port: server.port, credentials });
    await badge(status, "green", "dot", "readyOperator");
    vi.setSystemTime(new Date("2039-12-16T12:00:00Z"));
    expect(await ask("n")).toMatchObject({ payload: "secret" });
    await badge(status, "yellow", "dot", "certificateExpires");
  });

  it("changes by itself within a day", async () => {
    let daily = () => {};
    const setInterval = vi.spyOn(globalThis, "setInterval");
    at("2039-12-01T00:00:00Z");
    const { status } = await deploySecureFlow({ port: server.port, credentials });
    await badge(status, "green", "dot", "readyOperator");
    const DAY = 24 * 60 * 60 * 1000;
    const timers = setInterval.mock.calls.filter(([, delay]) => delay === DAY);
    daily = () => {
      for (const [callback] of timers) callback();
    };
    vi.setSystemTime(new Date("2040-01-01T00:00:00Z"));
    daily();
    await badge(status, "yellow", "dot", "certificateExpires");
    setInterval.mockRestore();
  });

  it("is a red ring where the profile can't be used", async () => {
    const { status } = await deploySecureFlow({ credentials: { ca: "/no/such/file" } });
    await badge(status, "red", "ring", "error.INVALID_INPUT");
  });
});
