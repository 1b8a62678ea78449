import "../support/quick-time";
import helper from "node-red-node-test-helper";
import { describe, expect, it } from "vitest";
import type { ModemNode } from "../../nodes/common/types";
import { deployNode, useNodeRed } from "./support/flow";

useNodeRed();

let modems = 0;

/** A node with a modem of its own, and what that modem is told. */
async function flow(model: string, properties: Readonly<Record<string, unknown>> & { type: string }) {
  const node = await deployNode(properties, { port: `sim:${model}?name=host-names-${++modems}` });
  const sent: string[] = [];
  (helper.getNode("m") as unknown as ModemNode).modem?.on("trace", ({ direction, text }) => {
    if (direction === "sent") sent.push(text);
  });
  return { node, sent };
}

describe.each(["LARA-R6", "BG96"])("F16 a name with letters beyond ASCII, on %s", (model) => {
  it.each([
    ["modem-http", { type: "modem-http" }, { url: "http://bücher.example/" }],
    ["modem-http, from the dialog", { type: "modem-http", url: "{{name}}/" }, { name: "bücher.example" }],
    ["modem-socket", { type: "modem-socket" }, { host: "bücher.example", port: 7, payload: "a" }],
    [
      "modem-socket, from the dialog",
      { type: "modem-socket", host: "{{name}}", port: 7 },
      { name: "bücher.example", payload: "a" },
    ],
    ["modem-pdp resolve", { type: "modem-pdp", action: "resolve" }, { host: "bücher.example" }],
    ["modem-pdp ping", { type: "modem-pdp", action: "ping" }, { host: "bücher.example", count: 1 }],
  ])("goes to the modem as xn--: %s", async (_name, properties, message) => {
    const { node, sent } = await flow(model, properties);
    node.receive(message as never);
    // The simulated network has no such name.
    const { error, payload } = await Promise.race([node.errors.next(), node.out.next()]);
    expect(error?.code).not.toBe("INVALID_INPUT");
    // The trace leaves out what goes at a prompt, as a BG96's URL does.
    expect([...sent, error?.message, JSON.stringify(payload)].join()).toContain("xn--bcher-kva.example");
  });

  it.each([
    ["modem-http", { type: "modem-http" }, { url: "http://server.example:0/" }, /^msg\.url /],
    ["modem-http, padded", { type: "modem-http" }, { url: "http://server.example:00000/" }, /^msg\.url /],
    ["modem-http, an https URL", { type: "modem-http" }, { url: "https://server.example:0/" }, /^msg\.url /],
    ["modem-socket", { type: "modem-socket" }, { host: "server.example", port: 0, payload: "a" }, /^msg\.port /],
  ])("and port 0 is refused, nothing sent: %s", async (_name, properties, message, words) => {
    const { node, sent } = await flow(model, properties);
    node.receive(message as never);
    const { error } = await node.errors.next();
    expect(error).toMatchObject({ code: "INVALID_INPUT", message: expect.stringMatching(words) });
    expect(sent.filter((line) => line.includes("server.example"))).toEqual([]);
  });
});
