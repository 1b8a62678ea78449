import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BrokerSession, MqttOptions } from "../../../driver/services/mqtt/mqtt";
import { RANDOM_TIMEOUT_MS, randomRuns } from "../../support/random";
import { unknownCommands } from "./known-commands";
import { FakeMqtt } from "./mqtt/fake-mqtt";
import { message, OPTIONS, Owner, WAIT } from "./mqtt/mqtt-session";
import { CA, profile } from "./security/tls-profile";
import { type Session, startSession } from "./session";

const nasty = fc.constantFrom(
  "\r",
  "\n",
  '"',
  ";",
  "\x1a",
  "\x1b",
  "+++",
  "AT+QPOWD\r",
  ",",
  "é",
  "\0",
  "€",
  "ATE0",
  "\r\n\r\n",
  "a",
  "/",
);
const hostile = fc.oneof(
  fc.array(nasty, { maxLength: 8 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 20 }),
);

type Use = (services: Session["driver"]["services"], text: string, other: string) => Promise<unknown>;

const request = { method: "POST", url: "http://a.test/", headers: [], timeout: 10_000 } as const;
const https = { ...request, method: "GET", url: "https://a.test/" } as const;
const context = { cid: 1, apn: "a", pdpType: "IP", authType: "pap" } as const;

/** Every place where a flow's text reaches the driver. */
const USES: Record<string, Use> = {
  url: ({ http }, text) => http.request({ ...request, method: "GET", url: `http://a.test/${text}` }),
  host: ({ http }, text) => http.request({ ...request, method: "GET", url: `http://${text}/` }),
  header: ({ http }, text, other) => http.request({ ...request, headers: [[text, other]] }),
  value: ({ http }, text) => http.request({ ...request, headers: [["X-A", text]] }),
  contentType: ({ http }, text) => http.request({ ...request, contentType: text, body: Buffer.from("a") }),
  body: ({ http }, text) => http.request({ ...request, contentType: "text/plain", body: Buffer.from(text) }),
  auth: ({ http }, text, other) => http.request({ ...request, auth: { user: text, password: other } }),
  apn: ({ packetData }, text) => packetData.define({ ...context, apn: text }),
  credentials: ({ packetData }, text, other) => packetData.define({ ...context, user: text, password: other }),
  dns: ({ packetData }, text, other) => packetData.setDns(1, text, other),
  ping: ({ diagnostics }, text) => diagnostics.ping(text),
  resolve: ({ diagnostics }, text) => diagnostics.resolve(text),
  write: ({ files }, text, other) => files.write(text, Buffer.from(other)),
  read: ({ files }, text) => files.read(text),
  remove: ({ files }, text) => files.remove(text),
  ciphers: ({ http }, text) => http.request({ ...https, security: profile({ ciphers: [text] }) }),
  serverName: ({ http }, text) =>
    http.request({ ...https, security: profile({ validation: "ca+host", serverName: text }) }),
  sni: ({ http }, text) => http.request({ ...https, security: profile({ sni: text }) }),
  secureHost: ({ http }, text) => http.request({ ...https, url: `https://${text}/`, security: profile() }),
  ca: ({ http }, text) => http.request({ ...https, security: profile({ ca: Buffer.from(text) }) }),
  import: ({ security }, text, other) => security.import("ca", text, { file: other }),
  importName: ({ security }, text) => security.import("ca", text, { content: CA }),
  hash: ({ security }, text) => security.hash("cert", text),
  removeCertificate: ({ security }, text) => security.remove("key", text),
};

/** A session with a hostile text in one place, and what it is used for. */
const session =
  (options: (text: string, other: string) => Partial<MqttOptions>, work?: SessionUse): Use =>
  async ({ mqtt }, text, other) => {
    const opened = await mqtt.connect({ ...OPTIONS, ...options(text, other) }, new Owner());
    await work?.(opened, text, other).catch(() => undefined);
    await opened.disconnect(WAIT);
  };
type SessionUse = (session: BrokerSession, text: string, other: string) => Promise<unknown>;
const plain = () => ({});
const will = { qos: 0, retain: false } as const;

Object.assign(USES, {
  brokerHost: session((host) => ({ host })),
  clientId: session((clientId) => ({ clientId })),
  brokerCredentials: session((user, password) => ({ user, password })),
  will: session((topic, payload) => ({ will: { ...will, topic, payload: Buffer.from(payload) } })),
  brokerTls: session((host) => ({ host, security: profile() })),
  publish: session(plain, (opened, topic, payload) => opened.publish(message(payload, { topic }), WAIT)),
  publishOnly: session(plain, (opened, payload) => opened.publish(message(payload, { qos: 0 }), WAIT)),
  subscribe: session(plain, (opened, filter) => opened.subscribe(filter, 1, WAIT)),
  unsubscribe: session(plain, (opened, filter) => opened.unsubscribe(filter, WAIT)),
} satisfies Record<string, Use>);

describe("text from a flow", () => {
  it("never becomes a command that was not meant", { timeout: RANDOM_TIMEOUT_MS }, async () => {
    const { peer, services, active } = await startSession();
    new FakeMqtt(peer);
    peer
      .on(/^AT\+QPING=/, ["OK", "+QPING: 565"])
      .on(/^AT\+QIDNSGIP=/, ["OK", '+QIURC: "dnsgip",565'])
      .on(/^AT\+QIDNSCFG=1,/, ["OK"]);
    const property = fc.asyncProperty(
      fc.constantFrom(...Object.keys(USES)),
      hostile,
      hostile,
      async (name, text, other) => {
        active.add(1);
        peer.commands.length = 0;
        await USES[name]?.(services, text, other).catch(() => undefined);
        expect(unknownCommands(peer.commands)).toEqual([]);
      },
    );
    await fc.assert(property, randomRuns(20_000));
  });
});
