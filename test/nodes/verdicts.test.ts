import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MODELS } from "../../driver/models";
import { checkNameServers } from "../../driver/services/name-servers";
import { checkSettings, DEFAULT_SETTINGS } from "../../driver/settings";
import { hostName } from "../../nodes/common/message/input";
import { brokerSettings } from "../../nodes/modem-broker/settings";
import { MODEM_BROKER_DEFAULTS } from "../../nodes/modem-broker/types";
import { requestHeaders } from "../../nodes/modem-http/headers";
import { targetUrl } from "../../nodes/modem-http/url";
import { filterOf, topicOf } from "../../nodes/modem-mqtt/topics";
import { securityProfile } from "../../nodes/modem-tls/profile";
import { MODEM_TLS_DEFAULTS } from "../../nodes/modem-tls/types";
import { editorVerdict } from "../editor/definitions";
import { seed } from "../support/random";

const BROKER = { ...MODEM_BROKER_DEFAULTS, name: "", version: 1, modem: "m", host: "broker.example" };
const accepts = (work: () => unknown): boolean => {
  try {
    work();
    return true;
  } catch {
    return false;
  }
};
const urlWorks = (url: string) => accepts(() => targetUrl(url, { field: "url", scheme: "http" }));
const hostWorks = (host: string) => accepts(() => hostName(host, "host"));
const profileWorks = (field: string, name: string) =>
  accepts(() => securityProfile("s", { ...MODEM_TLS_DEFAULTS, name: "", version: 1, [field]: name }, {}));
const headerWorks = (keyValue: string) =>
  accepts(() =>
    requestHeaders(
      undefined as never,
      [{ keyType: "other", keyValue, valueType: "other", valueValue: "a" }],
      {} as never,
    ),
  );
const marked = async (type: string, field: string, value: unknown) =>
  field in (await editorVerdict(type, { [field]: value }));

describe("F19 dialog and runtime agree", () => {
  it.each([
    "htp://x",
    "http://",
    "https://",
    "ftp://a/",
    "http://a:0/",
    "http://a:99999/",
    "http://a b/",
    "http://[::1/",
    "a\u0007",
    `http://a/${"b".repeat(9000)}`,
  ])("F19 that %j is no URL", async (url) => {
    expect(urlWorks(url)).toBe(false);
    expect(await marked("modem-http", "url", url)).toBe(true);
  });

  it.each(["http://a", "a.example/b?c=%", " https://a:8443/ ", "http://[::1]:80/", "http://ä.example/"])(
    "F19 neighbour: that %j is one",
    async (url) => {
      expect(urlWorks(url)).toBe(true);
      expect(await marked("modem-http", "url", url)).toBe(false);
    },
  );

  it.each(["http://x", "a b", "a".repeat(300), "a/b", "a:1", "[::1", "a\u0000"])(
    "F19 that %j is no host",
    async (host) => {
      expect(hostWorks(host)).toBe(false);
      for (const type of ["modem-socket", "modem-pdp"]) expect(await marked(type, "host", host)).toBe(true);
    },
  );

  it.each(["a", "10.0.0.1", "2001:db8::7", "ä.example", " a.example "])(
    "F19 neighbour: that %j is one",
    async (host) => {
      expect(hostWorks(host)).toBe(true);
      for (const type of ["modem-socket", "modem-pdp"]) expect(await marked(type, "host", host)).toBe(false);
    },
  );

  it.each(["a b", "a:", "ä", '"', "(a)", "a\r"])("F19 that %j is no name of a header field", async (name) => {
    expect(headerWorks(name)).toBe(false);
    expect(
      await marked("modem-http", "headers", [
        { keyType: "other", keyValue: name, valueType: "other", valueValue: "a" },
      ]),
    ).toBe(true);
  });

  it.each(["ä.example", "a.example.", " a.example ", "a.example"])(
    "F16 neighbour: that %j is a server's name in a security profile",
    async (name) => {
      for (const field of ["serverName", "sni"]) {
        expect(profileWorks(field, name)).toBe(true);
        expect(await marked("modem-tls", field, name)).toBe(false);
      }
    },
  );

  it.each(["a b", "http://a", "a".repeat(300), "a..b", "10.0.0.1", "::1", "[::1]"])(
    "F16 neighbour: about %j in a security profile",
    async (name) => {
      for (const field of ["serverName", "sni"])
        expect(await marked("modem-tls", field, name)).toBe(!profileWorks(field, name));
    },
  );

  it.each(["::1%eth0", "fe80::1%25eth0", "fe80::1%", "8.8.8.8%1"])(
    "I10 the name server %j, which names an interface of the gateway, is refused by all",
    async (address) => {
      expect(accepts(() => checkSettings({ ...DEFAULT_SETTINGS, port: "a", primaryDns: address }, MODELS))).toBe(false);
      expect(accepts(() => checkNameServers({ primary: address, secondary: "" }))).toBe(false);
      expect(await marked("modem", "primaryDns", address)).toBe(true);
      expect(await marked("modem-pdp", "primaryDns", address)).toBe(true);
    },
  );

  it.each(["010.0.0.1", "256.1.1.1", "::1]:80/[", "1.1.1", "8.8.8.8", "2001:db8::1", " 9.9.9.9 "])(
    "F19 neighbour: about the name server %j",
    async (address) => {
      const works = accepts(() =>
        checkSettings({ ...DEFAULT_SETTINGS, port: "a", primaryDns: address.trim() }, MODELS),
      );
      expect(await marked("modem", "primaryDns", address)).toBe(!works);
      expect(await marked("modem-pdp", "primaryDns", address)).toBe(!works);
    },
  );

  const brokerWorks = (fields: object, secrets: object = {}) =>
    accepts(() => brokerSettings({ ...BROKER, ...fields }, secrets));
  const TOPICS = ["a", "a b/ä", "/", "a/+", "#", 'a"b', "a\n", "\ud800", "x".repeat(70_000)];

  it.each(TOPICS.map((topic) => [topic.slice(0, 9), topic]))("that %j is a topic, or none", async (_start, topic) => {
    for (const field of ["birthTopic", "closeTopic", "willTopic"])
      expect(await marked("modem-broker", field, topic)).toBe(!brokerWorks({ [field]: topic }));
    expect(await marked("modem-mqtt", "publishTopic", topic)).toBe(!accepts(() => topicOf(topic, "topic", {}, false)));
    expect(await marked("modem-mqtt", "topic", topic)).toBe(!accepts(() => filterOf(topic, "topic", {}, false)));
  });

  it.each(["a#", "a/+b", "#/a", "+/#", "/#", "a/#", "+"])("that %j is a filter, or none", async (filter) => {
    expect(await marked("modem-mqtt", "topic", filter)).toBe(!accepts(() => filterOf(filter, "topic", {}, false)));
  });

  it.each([
    ["host", ""],
    ["host", "a b"],
    ["host", "{{host}}"],
    ["host", " broker.example "],
    ["port", "0"],
    ["port", "1883"],
    ["cid", "99"],
    ["clientId", 'a"b'],
    ["clientId", "pump 7"],
    ["keepAlive", "65536"],
    ["birthQos", "3"],
    ["outbox", "tape"],
    ["outboxLimit", "0"],
    ["outboxAge", "-1"],
    ["outboxRate", "0.5"],
    ["protocol", "mqtt-5"],
    ["protocolVersion", "5"],
  ])("about a broker whose %s is %j", async (field, value) => {
    const fields = { birthTopic: "a", [field]: value };
    const verdict = await editorVerdict("modem-broker", { ...BROKER, ...fields });
    expect(field in verdict).toBe(!brokerWorks(fields));
  });

  it.each(["gone", "", '{"state":"gone"}', "two\nlines"])("about the will %j", async (willPayload) => {
    for (const willTopic of ["", "a"]) {
      const verdict = await editorVerdict("modem-broker", { ...BROKER, willTopic, willPayload });
      expect("willPayload" in verdict).toBe(!brokerWorks({ willTopic, willPayload }));
    }
  });

  it.each([
    ["mqtt", {}],
    ["mqtt", { user: "pump" }],
    ["mqtt", { password: "secret" }],
    ["mqtt-sn", {}],
    ["mqtt-sn", { user: "pump", password: "secret" }],
  ])("about the credentials of %s: %j", async (protocol, credentials) => {
    const verdict = await editorVerdict("modem-broker", { ...BROKER, protocol, credentials });
    expect("version" in verdict).toBe(!brokerWorks({ protocol }, credentials));
  });

  it(`F19 neighbour: about whatever is typed (seed ${seed})`, async () => {
    const pieces = [
      "http",
      "https",
      "htp",
      "://",
      ":",
      "/",
      "a",
      "b.example",
      " ",
      "0",
      "80",
      "%",
      "?",
      "ä",
      "[::1]",
      "@",
      "\t",
      "#",
      "_",
      "-",
    ];
    const text = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 7 }).map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(text, async (typed) => {
        if (typed.trim() === "") return;
        expect(await marked("modem-http", "url", typed)).toBe(!urlWorks(typed));
        expect(await marked("modem-pdp", "host", typed)).toBe(!hostWorks(typed));
        const row = [{ keyType: "other", keyValue: typed, valueType: "other", valueValue: "a" }];
        expect(await marked("modem-http", "headers", row)).toBe(!headerWorks(typed));
      }),
      { numRuns: 500, seed },
    );
  });
});
