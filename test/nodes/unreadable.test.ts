import helper from "node-red-node-test-helper";
import { describe, expect, it } from "vitest";
import { deployNode, useNodeRed } from "./support/flow";

useNodeRed();

/** Ends as the node says it: Node-RED's Catch node could not clone such a message. */
function receive(message: Record<string, unknown>): Promise<Error & { code?: string }> {
  const node = helper.getNode("n");
  return new Promise((resolve) => {
    node.error = (error: unknown) => resolve(error as Error);
    node.receive(message);
  });
}

const boom = (): never => {
  throw new Error("boom");
};
const getter = (name: string, rest: object = {}): object =>
  Object.defineProperty({ ...rest }, name, { get: boom, enumerable: true });
const proxy = (trap: keyof ProxyHandler<object>, target: object = { a: 1 }): object =>
  new Proxy(target, { [trap]: boom });
const circle = (): object => {
  const one: Record<string, unknown> = { a: 1 };
  one.self = one;
  return one;
};
const revoked = (): object => {
  const { proxy: dead, revoke } = Proxy.revocable({}, {});
  revoke();
  return dead;
};
const wordless = (): object =>
  Object.defineProperty({}, "a", {
    enumerable: true,
    get: () => {
      throw Object.create(null);
    },
  });
class Reading {
  get data(): string {
    return boom();
  }
}

const POST = { type: "modem-http", method: "POST", url: "http://server.example/" };
const form = { "content-type": "application/x-www-form-urlencoded" };
const multipart = { "content-type": "multipart/form-data" };

describe("I10 an object of a message that can't be read is INVALID_INPUT with its name", () => {
  it.each<readonly [string, Record<string, unknown> & { type: string }, () => Record<string, unknown>, string]>([
    ["a form", POST, () => ({ headers: form, payload: getter("a") }), "msg.payload.a"],
    ["a multipart form", POST, () => ({ headers: multipart, payload: getter("a") }), "msg.payload.a"],
    ["a part", POST, () => ({ headers: multipart, payload: { file: getter("value") } }), "msg.payload.file.value"],
    [
      "a part's options",
      POST,
      () => ({ headers: multipart, payload: { file: { value: "a", options: getter("filename") } } }),
      "msg.payload.file.options.filename",
    ],
    ["a part as JSON", POST, () => ({ headers: multipart, payload: { a: circle() } }), "msg.payload.a"],
    ["JSON", POST, () => ({ payload: getter("a") }), "msg.payload"],
    ["JSON with a circle", POST, () => ({ payload: circle() }), "msg.payload"],
    ["JSON with a BigInt", POST, () => ({ payload: { a: 1n } }), "msg.payload"],
    ["toJSON", POST, () => ({ payload: { toJSON: boom } }), "msg.payload"],
    ["a wordless error", POST, () => ({ payload: wordless() }), "msg.payload"],
    ["a wordless error in a form", POST, () => ({ headers: form, payload: wordless() }), "msg.payload.a"],
    ["a query", { ...POST, method: "GET" }, () => ({ payload: getter("a") }), "msg.payload.a"],
    ["a Proxy as a query", { ...POST, method: "GET" }, () => ({ payload: proxy("getPrototypeOf") }), "msg.payload"],
    ["a Proxy", POST, () => ({ payload: proxy("ownKeys") }), "msg.payload"],
    ["a Proxy that has gone", POST, () => ({ payload: revoked() }), "msg.payload"],
    ["an instance of a class", POST, () => ({ payload: new Reading() }), "msg.payload.data"],
    ["headers", POST, () => ({ headers: getter("X-A") }), "msg.headers.X-A"],
    ["a header's list", POST, () => ({ headers: { "X-A": proxy("get", ["a"]) } }), "msg.headers.X-A.0"],
    ["headers in a Proxy", POST, () => ({ headers: proxy("ownKeys") }), "msg.headers"],
    ["cookies", POST, () => ({ cookies: getter("a") }), "msg.cookies.a"],
    ["a cookie", POST, () => ({ cookies: { a: getter("value") } }), "msg.cookies.a.value"],
    ["the message", POST, () => getter("url", { payload: "a" }) as Record<string, unknown>, "msg.url"],
    [
      "a socket's payload",
      { type: "modem-socket", host: "a", port: "7" },
      () => ({ payload: getter("type") }),
      "msg.payload.type",
    ],
    ["a socket's circle", { type: "modem-socket" }, () => ({ host: "a", port: 7, payload: circle() }), "msg.payload"],
    [
      "a socket's BigInt",
      { type: "modem-socket", host: "a", port: "7" },
      () => ({ payload: { a: 1n } }),
      "msg.payload",
    ],
    ["data at the prompt", { type: "modem-at", command: "AT" }, () => ({ data: getter("data") }), "msg.data.data"],
    ["a command", { type: "modem-at" }, () => ({ command: proxy("get") }), "msg.command"],
    ["a host", { type: "modem-pdp", action: "ping" }, () => getter("host") as Record<string, unknown>, "msg.host"],
    [
      "a count",
      { type: "modem-pdp", action: "ping", host: "a" },
      () => getter("count") as Record<string, unknown>,
      "msg.count",
    ],
    [
      "a certificate's kind",
      { type: "modem-tls-profile", action: "hash" },
      () => getter("kind") as Record<string, unknown>,
      "msg.kind",
    ],
    [
      "a certificate",
      { type: "modem-tls-profile", action: "import" },
      () => ({ kind: "ca", certificateName: "a", payload: getter("type") }),
      "msg.payload.type",
    ],
  ])("I10 %s", async (_what, properties, message, field) => {
    await deployNode(properties, { port: "sim:LARA-R6" });
    const { code, message: words } = await receive(message());
    expect(code).toBe("INVALID_INPUT");
    expect(words.split(" ")[0]).toBe(field);
  });
});
