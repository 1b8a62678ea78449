import "../../support/quick-time";
import helper from "node-red-node-test-helper";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deploy, deployNode, Inbox, redeploy, useNodeRed } from "../support/flow";
import { TestServer } from "../support/http-server";

const server = new TestServer();

useNodeRed();
beforeAll(() => server.start());
beforeEach(() => server.answer((_request, response) => response.end("here")));
afterEach(() => server.drop());
afterAll(() => server.stop());

const route = () => `route=server.example:80=127.0.0.1:${server.port}`;
const HTTP = { type: "modem-http", url: "http://server.example/" } as const;

describe("messages that come before the modem is ready", () => {
  it("wait and are answered in their order", async () => {
    const node = await deployNode({ type: "modem-at", command: "" }, { port: `sim:LARA-R6?registration=500` });
    for (const id of [1, 2, 3]) node.receive({ id, command: "AT+CSQ" });
    for (let count = 0; count < 3; count += 1) await node.out.next();
    expect(node.out.messages.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it("fail by the modem's timeout with what keeps it from being ready", async () => {
    const node = await deployNode(HTTP, { port: "/dev/no-such-modem", timeout: 1 });
    node.receive({ id: 1 });
    node.receive({ id: 2 });
    const failed = [await node.errors.until(({ id }) => id === 1), await node.errors.until(({ id }) => id === 2)];
    for (const { error } of failed) expect(error).toMatchObject({ code: "MODEM_OFFLINE", source: { id: "n" } });
    expect(node.out.messages).toEqual([]);
  });

  it("fail with MODEM_BUSY when the queue is full", async () => {
    const node = await deployNode(HTTP, { port: `sim:LARA-R6?registration=1000&${route()}`, queue: 2 });
    for (const id of [1, 2, 3]) node.receive({ id });
    expect(await node.errors.next()).toMatchObject({ id: 3, error: { code: "MODEM_BUSY" } });
    await node.out.next();
    await node.out.next();
    expect(node.out.messages.map(({ id }) => id).sort()).toEqual([1, 2]);
  });
});

describe("an outage", () => {
  it("is reported once to the Catch nodes of the flows that use the modem", async () => {
    const node = await deployNode(HTTP, { port: "/dev/no-such-modem", timeout: 3 });
    const outage = await node.errors.next();
    expect(outage.error).toMatchObject({
      code: "MODEM_OFFLINE",
      // A sentence for people, without the name of a class before it.
      message: expect.stringMatching(/^Port \/dev\/no-such-modem can't be opened/),
      source: { id: "m" },
    });
    node.receive({});
    await node.errors.next();
    expect(node.errors.messages.filter(({ error }) => error?.source.id === "m")).toHaveLength(1);
  });

  it("of the SIM fails messages at once, and shows under the node", async () => {
    const node = await deployNode(HTTP, { port: "sim:LARA-R6?pin=1234" });
    node.receive({});
    const { error } = await node.errors.until((message) => message.error?.source.id === "n");
    expect(error?.code).toBe("SIM_ERROR");
    const badge = await node.status.until(({ status }) => (status as { fill: string }).fill === "red");
    expect(badge.status).toMatchObject({ shape: "ring", text: expect.stringContaining("SIM_ERROR") });
  });
});

describe("the settings of a modem", () => {
  it("that can't be used fail every message with the reason", async () => {
    const node = await deployNode(HTTP, { port: "sim:LARA-R6", baudRate: "fast" });
    node.receive({});
    expect((await node.errors.next()).error).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("baudRate"),
    });
  });

  it("that name another model than the modem's own fail every message at once, and say what to do", async () => {
    const node = await deployNode(HTTP, { port: "sim:BG96", model: "LARA-R6", timeout: 30 });
    node.receive({});
    const { error } = await node.errors.until((message) => message.error?.source.id === "n");
    expect(error).toMatchObject({
      code: "NOT_SUPPORTED",
      message: expect.stringMatching(/LARA-R6.*BG96.*automatic/),
    });
  });

  it("take the PIN from the credentials", async () => {
    const node = await deployNode(HTTP, { port: `sim:LARA-R6?pin=1234&${route()}` }, { m: { pin: "1234" } });
    node.receive({});
    expect((await node.out.next()).payload).toBe("here");
  });

  it("come from environment variables where the dialog names them", async () => {
    process.env.TEST_MODEM_PORT = `sim:BG96?${route()}`;
    process.env.TEST_MODEM_TIMEOUT = "20";
    const modem = { port: "${TEST_MODEM_PORT}", timeout: "${TEST_MODEM_TIMEOUT}", cid: "1" };
    const node = await deployNode(HTTP, modem);
    node.receive({});
    expect((await node.out.next()).payload).toBe("here");
    expect(helper.getNode("m")).toMatchObject({ timeout: 20_000 });
  });

  it("say so when no modem is selected", async () => {
    const node = await deployNode({ ...HTTP, modem: "" }, { port: "sim:LARA-R6" });
    node.receive({});
    expect((await node.errors.next()).error).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("No modem"),
    });
  });
});

describe("the badge under a node", () => {
  it("goes from not connected over searching and connecting to ready with the operator, and to work and back", async () => {
    const node = await deployNode(HTTP, { port: `sim:LARA-R6?registration=200&${route()}` });
    const ready = await node.status.until(({ status }) => (status as { fill: string }).fill === "green");
    expect(ready.status).toMatchObject({ shape: "dot", text: expect.stringContaining("status.ready") });
    node.receive({});
    await node.status.until(({ status }) => (status as { fill: string }).fill === "blue");
    await node.status.until(({ status }) => (status as { fill: string }).fill === "green");
    const seen = node.status.messages.map(({ status }) => status as { fill: string; shape: string });
    expect(seen.map(({ fill, shape }) => `${fill} ${shape}`)).toEqual(
      expect.arrayContaining(["yellow ring", "green dot", "blue dot"]),
    );
    expect(seen.at(-1)).toMatchObject({ fill: "green" });
  });
});

describe("a redeploy", () => {
  it("of one node ends its messages with an error that still reaches the Catch node, and the next message works", async () => {
    server.answer(() => {});
    const node = await deployNode(HTTP, { port: `sim:LARA-R6?${route()}` });
    node.receive({ id: 1 });
    await node.status.until(({ status }) => (status as { fill: string }).fill === "blue");
    const start = performance.now();
    await redeploy("n", { name: "changed" });
    expect(performance.now() - start).toBeLessThan(5000);
    expect(await node.errors.next()).toMatchObject({ id: 1, error: { code: "MODEM_OFFLINE" } });
    server.drop();
    server.answer((_request, response) => response.end("here"));
    helper.getNode("n").receive({ id: 2 } as never);
    expect(await node.out.next()).toMatchObject({ id: 2, payload: "here" });
  });

  it("of everything is over within 5 s, whatever is under way", async () => {
    server.answer(() => {});
    const node = await deployNode(HTTP, { port: `sim:LARA-R6?${route()}` });
    for (const id of [1, 2, 3, 4, 5, 6]) node.receive({ id });
    await node.status.until(({ status }) => (status as { fill: string }).fill === "blue");
    const start = performance.now();
    await helper.clearFlows();
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it("leaves the port free for the next flow", async () => {
    for (let round = 0; round < 3; round += 1) {
      const node = await deployNode(HTTP, { port: `sim:LARA-R6?${route()}` });
      node.receive({});
      expect((await node.out.next()).payload).toBe("here");
      await helper.unload();
    }
  });
});

describe("several nodes", () => {
  it("share one modem", async () => {
    await deploy([
      { id: "m", type: "modem", port: `sim:LARA-R6?${route()}` },
      { id: "a", modem: "m", ...HTTP, wires: [["out"]] },
      { id: "b", modem: "m", type: "modem-at", command: "AT+CSQ", wires: [["out"]] },
      { id: "c", modem: "m", type: "modem-pdp", action: "status", wires: [["out"]] },
      { id: "out", type: "helper" },
    ]);
    const out = new Inbox("out");
    for (const id of ["a", "b", "c"]) helper.getNode(id).receive({ from: id } as never);
    const answers = [await out.next(), await out.next(), await out.next()];
    expect(answers.map(({ from }) => from).sort()).toEqual(["a", "b", "c"]);
  });
});

describe("the list of ports", () => {
  it("comes from the gateway, for those who may read", async () => {
    const response = await helper.request().get("/cellular-modem/ports").expect(200);
    expect(Array.isArray(response.body)).toBe(true);
    for (const port of response.body)
      expect(port).toEqual({ path: expect.any(String), label: expect.stringContaining(port.path) });
  });
});
