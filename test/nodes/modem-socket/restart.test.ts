import "../../support/quick-time";
import helper from "node-red-node-test-helper";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ModemNode } from "../../../nodes/common/types";
import { deployNode, useNodeRed } from "../support/flow";
import { TcpServer } from "../support/socket-servers";

const server = new TcpServer();
useNodeRed();
beforeEach(() => server.start());
afterEach(() => server.stop());

it.each([
  ["LARA-R6", "command", "AT+CFUN=16"],
  ["LARA-R6", "direct", "AT+CFUN=16"],
  ["BG96", "command", "AT+CFUN=1,1"],
  ["BG96", "direct", "AT+CFUN=1,1"],
])("a restart of a %s closes the connection in %s mode, and it is made again", async (model, mode, restart) => {
  const route = `route=server.example:7=127.0.0.1:${server.port}`;
  const properties = { type: "modem-socket", host: "server.example", port: "7", mode };
  const node = await deployNode(properties, { port: `sim:${model}?name=socket-restart-${model}-${mode}&${route}` });
  await node.events.next();
  await (helper.getNode("m") as unknown as ModemNode).modem?.execute(restart, { timeout: 10_000 });
  const closed = await node.events.next();
  expect(closed).toMatchObject({ event: "closed", payload: { code: "MODEM_RESTARTED" } });
  expect(await node.events.next()).toMatchObject({ event: "connected" });
  node.receive({ payload: "after" });
  expect(await node.events.next()).toMatchObject({ event: "sent", payload: { bytes: 5 } });
  await node.complete.next();
});
