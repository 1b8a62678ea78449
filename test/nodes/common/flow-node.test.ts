import "../../support/quick-time";
import helper from "node-red-node-test-helper";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModemNode } from "../../../nodes/common/types";
import { deploy, deployNode, Inbox, type Received, redeploy, useNodeRed } from "../support/flow";
import { TestServer } from "../support/http-server";
import { TcpServer } from "../support/socket-servers";

const server = new TestServer((_request, response) => response.end("here"));
const peer = new TcpServer();
useNodeRed();
beforeAll(async () => {
  await server.start();
  await peer.start();
});
afterAll(async () => {
  await server.stop();
  await peer.stop();
});

const inner = (id: string, properties: Readonly<Record<string, unknown>> & { readonly type: string }) => ({
  id,
  z: "sub",
  ...properties,
  modem: "${MODEM}",
  wires: [[], []],
});

/** Nodes in a subflow whose instance `instance` names the modem `m`. */
async function deployInSubflow(port: string) {
  await deploy([
    { id: "m", type: "modem", port, timeout: 5 },
    {
      id: "sub",
      type: "subflow",
      z: "",
      name: "sub",
      env: [{ name: "MODEM", type: "modem", value: "" }],
      in: [{ wires: [{ id: "http" }] }],
      out: [{ wires: [{ id: "http", port: 0 }] }, { wires: [{ id: "pdp", port: 1 }] }],
    },
    inner("http", { type: "modem-http", url: "http://server.example/" }),
    inner("pdp", { type: "modem-pdp", action: "status" }),
    inner("socket", { type: "modem-socket", host: "server.example", port: "7" }),
    {
      id: "instance",
      type: "subflow:sub",
      env: [{ name: "MODEM", type: "conf-type", value: "m" }],
      wires: [["out"], ["events"]],
    },
    ...["out", "events"].map((id) => ({ id, type: "helper" })),
  ]);
  return { out: new Inbox("out"), events: new Inbox("events") };
}

it("nodes that have their modem from an environment variable work with a modem that alone was deployed again", async () => {
  const routes = [`server.example:80=127.0.0.1:${server.port}`, `server.example:7=127.0.0.1:${peer.port}`];
  const port = `sim:LARA-R6?${routes.map((route) => `route=${route}`).join("&")}`;
  const { out, events } = await deployInSubflow(port);
  const give = (message: object) => helper.getNode("instance").receive(message as never);
  const isActive = ({ event, payload }: Received) => event === "connection" && (payload as { active: boolean }).active;
  await peer.next();
  await events.until(isActive);
  give({ id: 1 });
  expect(await out.next()).toMatchObject({ id: 1, payload: "here" });

  const since = performance.now();
  await redeploy("m", { timeout: 6 });
  expect(performance.now() - since).toBeLessThan(2000);
  await peer.next();
  await events.until(isActive);
  give({ id: 2 });
  expect(await out.next()).toMatchObject({ id: 2, payload: "here" });
  expect(Object.keys((helper.getNode("m") as unknown as ModemNode).users)).toHaveLength(3);
});

describe("settings that can't be used are told to the Catch nodes, once", () => {
  it.each([
    ["of the modem", { type: "modem-at" }, { port: "sim:LARA-R6", baudRate: "fast" }, "m", /baudRate/],
    ["of the node", { type: "modem-at", urcs: [1] }, { port: "sim:LARA-R6" }, "n", /urcs/],
  ])("%s", async (_whose, node, modem, source, message) => {
    const { errors } = await deployNode(node, modem);
    const { error } = await errors.next();
    expect(error).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(message),
      source: { id: source },
    });
    await redeploy("done", { name: "changed" });
    expect(errors.messages).toHaveLength(1);
  });
});
