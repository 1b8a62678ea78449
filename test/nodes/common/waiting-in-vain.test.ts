import { once } from "node:events";
import helper from "node-red-node-test-helper";
import { describe, expect, it } from "vitest";
// Read before the clock of a message runs.
import "../../../simulator/faces/in-process";
import type { ModemNode } from "../../../nodes/common/types";
import { deployNode, useNodeRed } from "../support/flow";

useNodeRed();

const LONG = `sim:BG96?seed=1${"&route=server.example:80=127.0.0.1:8080".repeat(10)}`;

describe("F20 a message that waited in vain", () => {
  it.each([
    ["modem-http", { method: "POST", url: "http://u:p@server.example/a?key=1" }, {}, "POST http://server.example/a"],
    ["modem-pdp", { action: "ping", host: "server.example" }, {}, "ping server.example"],
    ["modem-socket", {}, { payload: "four", host: "server.example", port: 7 }, "4 bytes to server.example:7"],
    ["modem-at", { command: 'AT+CPIN="1234"' }, {}, "AT+CPIN"],
    ["modem-tls-profile", { action: "hash" }, { kind: "ca", certificateName: "root" }, "hash ca root"],
  ])("F20 %s names operation, time, modem and reason", async (type, properties, message, operation) => {
    const modem = { name: "Pump 7", port: `${LONG}&name=${type}&fault=unplug`, timeout: 3 };
    const node = await deployNode({ type, ...properties }, modem);
    node.receive({ payload: "", ...message });
    const { error } = await node.errors.until(({ error }) => error?.source.id === "n");
    expect(error).toMatchObject({ code: "MODEM_OFFLINE", cause: {} });
    expect(error?.message).toMatch(
      new RegExp(
        `^${operation.replace(/[+.]/g, "\\$&")} was not sent: waited [345](\\.\\d)? s for modem Pump 7, which is unplugged`,
      ),
    );
    expect(error?.message).not.toMatch(/1234|key=|u:p|route/);
  });

  it.each([
    ["SIM_ERROR", "pin=1234", /^ping a was not sent: .* for modem sim:LARA-R6, which is not ready: /],
    [
      "NOT_REGISTERED",
      "registration=600000",
      /^ping a was not sent: waited [345](\.\d)? s for modem sim:LARA-R6, which has found no network yet\./,
    ],
    [
      "INVALID_INPUT",
      "baud=bogus",
      /^ping a was not sent: .* for modem sim:LARA-R6, which is not ready: port sim:LARA-R6 .*"baud"/,
    ],
  ])("F20 neighbour: %s, of a modem without a name", async (code, option, sentence) => {
    const port = `sim:LARA-R6?${option}&name=vain-${code}`;
    const node = await deployNode({ type: "modem-pdp", action: "ping", host: "a" }, { port, timeout: 4 });
    // On a busy machine the modem may need more than the message's second to get there.
    const { modem } = helper.getNode("m") as unknown as ModemNode;
    while (modem !== undefined && modem.state !== "searching" && modem.lastError?.code !== code)
      await once(modem, "state");
    node.receive({ payload: "" });
    const { error } = await node.errors.until(({ error }) => error?.source.id === "n");
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(sentence);
    expect(error?.message).not.toContain("?");
    expect(error?.cause).toEqual(expect.any(Object));
  });
});
