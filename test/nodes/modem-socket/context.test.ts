import "../../support/quick-time";
import helper from "node-red-node-test-helper";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ModemNode } from "../../../nodes/common/types";
import { useNodeRed } from "../support/flow";
import { deploySocket, MODELS, SERVER } from "../support/socket-flow";
import { TcpServer } from "../support/socket-servers";

const server = new TcpServer();
useNodeRed();
beforeEach(() => server.start());
afterEach(() => server.stop());

/** The commands that open a socket, as they are sent. */
function openings(): string[] {
  const lines: string[] = [];
  (helper.getNode("m") as unknown as ModemNode).modem?.on("trace", ({ direction, text }) => {
    if (direction === "sent" && /AT\+(USOCR|QIOPEN)=/.test(text)) lines.push(text);
  });
  return lines;
}
const usesContext = (line: string, cid: number) => new RegExp(`QIOPEN=${cid},|USOCR=6(,\\d*){2},${cid}\\b`).test(line);

describe.each(MODELS)("F32 neighbour: msg.cid with a modem-socket on %s", (model) => {
  it("is the context of the socket that is opened for the message", async () => {
    const node = await deploySocket({}, model, { port: server.port });
    const lines = openings();
    const { modem } = helper.getNode("m") as unknown as ModemNode;
    await modem?.ready({ timeout: 20_000 });
    await modem?.connect({ cid: 2 });
    node.receive({ action: "connect", ...SERVER, cid: "2" });
    await node.events.next();
    expect(lines.map((line) => usesContext(line, 2))).toEqual([true]);
    node.receive({ payload: "other", ...SERVER, cid: 3 });
    expect(await node.errors.next()).toMatchObject({
      error: { code: "INVALID_INPUT", message: expect.stringContaining("context 2") },
    });
    node.receive({ payload: "same", ...SERVER, cid: 2 });
    expect(await node.events.next()).toMatchObject({ event: "sent" });
    node.receive({ action: "close" });
    await node.events.until(({ event }) => event === "closed");
    node.receive({ action: "connect", ...SERVER });
    await node.events.until(({ event }) => event === "connected");
    expect(usesContext(lines.at(-1) ?? "", 2)).toBe(false);
  });

  it("is checked before anything is sent", async () => {
    const node = await deploySocket({}, model, { port: server.port });
    node.receive({ action: "connect", ...SERVER, cid: '1,"' });
    expect(await node.errors.next()).toMatchObject({ error: { code: "INVALID_INPUT" } });
  });
});
