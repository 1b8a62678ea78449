import "../../support/quick-time";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import helper from "node-red-node-test-helper";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { simulatorFor } from "../../../simulator/faces/in-process";
import { deployNode, type Received, redeploy, type UnderTest, useNodeRed } from "../support/flow";
import { type Handler, TestServer } from "../support/http-server";

const server = new TestServer();
let userDir = "";
let modems = 0;
let port = "";

useNodeRed();
beforeAll(() => server.start());
beforeEach(() => {
  userDir = mkdtempSync(join(tmpdir(), "http-outbox-"));
  modems += 1;
  port = `sim:LARA-R6?name=http-outbox-${modems}&route=server.example:80=127.0.0.1:${server.port}`;
  helper.settings({ userDir } as never);
});
afterEach(() => {
  server.drop();
  rmSync(userDir, { recursive: true, force: true });
});
afterAll(() => {
  helper.settings({});
  return server.stop();
});

const sim = () => simulatorFor(port);
const files = () => readdirSync(userDir).map((name) => join(userDir, name));
const fileText = () =>
  files()
    .map((file) => readFileSync(file, "utf8"))
    .join("");
const bodies = () => server.seen.map(({ method, body }) => `${method} ${body}`);

function deployOutbox(properties: Record<string, unknown> = {}, credentials: object = {}) {
  return deployNode(
    { type: "modem-http", method: "use", url: "http://server.example/values", outbox: "disk", ...properties },
    { port, timeout: 5 },
    credentials,
  );
}

/** That it is unplugged the modem tells itself. */
const isOwn = ({ error }: Received) => error?.source.id === "n";
const nextError = ({ errors }: UnderTest) => errors.until(isOwn);
const ownErrors = ({ errors }: UnderTest) => errors.messages.filter(isOwn);

/** Answers with these codes, one after the other, and then with 200; 0 is no answer. */
function codes(...all: number[]): Handler {
  return (_request, response) => {
    const code = all.shift() ?? 200;
    if (code === 0) response.destroy();
    else response.writeHead(code).end("answer");
  };
}

describe.each(["memory", "disk"])("an outbox of modem-http, %s", (outbox) => {
  it("keeps requests in order while the modem is away, and sends one after the other", async () => {
    let open = 0;
    let most = 0;
    server.answer((_request, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end("stored");
      }, 20);
    });
    sim().fault("unplug");
    const node = await deployOutbox({ outbox });
    const methods = ["POST", "PUT", "DELETE", "POST", "PUT"];
    for (const [index, method] of methods.entries()) {
      node.receive({ method, payload: method === "DELETE" ? "" : `value ${index}`, number: index } as never);
    }
    // Longer than a message may wait for the modem.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect([node.out.messages, ownErrors(node), server.seen]).toEqual([[], [], []]);
    sim().fault("plug");
    for (let index = 0; index < methods.length; index += 1)
      expect(await node.out.next()).toMatchObject({ number: index, statusCode: 200, payload: "stored" });
    await expect.poll(() => node.complete.messages.length).toBe(methods.length);
    expect(bodies()).toEqual(["POST value 0", "PUT value 1", "DELETE ", "POST value 3", "PUT value 4"]);
    expect(most).toBe(1);
  });

  it("tries again after a 5xx and after no answer, before anything else, and fails a 4xx", async () => {
    server.answer(codes(503, 0, 200, 404, 200));
    const node = await deployOutbox({ outbox });
    for (const payload of ["first", "second", "third"]) node.receive({ method: "POST", payload });
    expect(await node.out.next()).toMatchObject({ statusCode: 200 });
    expect(await nextError(node)).toMatchObject({
      payload: "second",
      error: { code: "PROTOCOL_ERROR", message: expect.stringMatching(/404/) },
    });
    expect(await node.out.next()).toMatchObject({ statusCode: 200 });
    expect(bodies()).toEqual(["POST first", "POST first", "POST first", "POST second", "POST third"]);
  });

  it("never keeps a GET", async () => {
    sim().fault("unplug");
    const node = await deployOutbox({ outbox });
    node.receive({ method: "POST", payload: "kept" });
    node.receive({ method: "GET", payload: "" });
    expect(await nextError(node)).toMatchObject({ method: "GET", error: { code: "MODEM_OFFLINE" } });
    expect(ownErrors(node)).toHaveLength(1);
  });

  it("fails at once what goes beyond its limit, and in time what has become too old", async () => {
    sim().fault("unplug");
    const node = await deployOutbox({ outbox, outboxLimit: 2, outboxAge: 3 });
    for (const payload of ["one", "two", "three"]) node.receive({ method: "POST", payload });
    expect(await nextError(node)).toMatchObject({ payload: "three", error: { code: "MODEM_BUSY" } });
    for (const payload of ["one", "two"])
      expect(await nextError(node)).toMatchObject({ payload, error: { code: "MODEM_TIMEOUT" } });
  });
});

describe("an outbox of modem-http on disk", () => {
  it("holds no password of the node's, and is for its owner alone", async () => {
    server.answer(codes());
    sim().fault("unplug");
    const node = await deployOutbox({ authType: "basic" }, { n: { user: "somebody", password: "very secret" } });
    node.receive({ method: "POST", payload: "a value" });
    await expect.poll(fileText).toContain(Buffer.from("a value").toString("base64"));
    for (const file of files()) expect(statSync(file).mode & 0o777).toBe(0o600);
    const secrets = ["very secret", Buffer.from("very secret").toString("base64"), "somebody"];
    secrets.push(Buffer.from("somebody:very secret").toString("base64"));
    for (const secret of secrets) expect(fileText()).not.toContain(secret);
    sim().fault("plug");
    await node.out.next();
    const login = `Basic ${Buffer.from("somebody:very secret").toString("base64")}`;
    expect(server.seen[0]?.headers.authorization).toBe(login);
  });

  it("sends after a restart what was left, neither done nor failed before", async () => {
    server.answer(codes());
    sim().fault("unplug");
    const node = await deployOutbox();
    for (const payload of ["one", "two"]) node.receive({ method: "POST", payload });
    await expect.poll(() => fileText().split("\n").length).toBe(3);
    await redeploy("n", { name: "deployed again" });
    expect([node.complete.messages, ownErrors(node)]).toEqual([[], []]);
    expect(server.seen).toEqual([]);
    sim().fault("plug");
    await expect.poll(bodies).toEqual(["POST one", "POST two"]);
    helper.getNode("n").receive({ method: "POST", payload: "three" } as never);
    await expect.poll(bodies).toEqual(["POST one", "POST two", "POST three"]);
  });

  it("is empty after a restart when everything was sent", async () => {
    server.answer(codes());
    const node = await deployOutbox();
    node.receive({ method: "POST", payload: "one" });
    await node.out.next();
    await redeploy("n", { name: "deployed again" });
    helper.getNode("n").receive({ method: "POST", payload: "two" } as never);
    await expect.poll(bodies).toEqual(["POST one", "POST two"]);
  });

  it("ends within its limit though a request is on its way, and sends that once more", async () => {
    let answer = (): void => {};
    server.answer((_request, response) => {
      answer = () => response.end("late");
    });
    const node = await deployOutbox();
    node.receive({ method: "POST", payload: "one" });
    await expect.poll(bodies).toEqual(["POST one"]);
    const since = performance.now();
    await redeploy("n", { name: "deployed again" });
    expect(performance.now() - since).toBeLessThan(5000);
    answer();
    await expect.poll(() => bodies().length).toBe(2);
    answer();
    expect(bodies()).toEqual(["POST one", "POST one"]);
    expect(ownErrors(node)).toEqual([]);
    await expect.poll(fileText).toContain('"done"');
  });
});

describe("an outbox of modem-http in memory", () => {
  it("fails what waits when its node closes", async () => {
    sim().fault("unplug");
    const node = await deployOutbox({ outbox: "memory" });
    node.receive({ method: "POST", payload: "one" });
    node.receive({ method: "POST", payload: "two" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await redeploy("n", { name: "deployed again" });
    for (const payload of ["one", "two"])
      expect(await nextError(node)).toMatchObject({ payload, error: { code: "MODEM_OFFLINE" } });
  });
});
