import { randomBytes } from "node:crypto";
import { once } from "node:events";
import helper from "node-red-node-test-helper";
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { useEventLoopClock } from "../../support/clock";
import { useNodeRed } from "../support/flow";
import { bytes, deploySocket, MODELS, SERVER } from "../support/socket-flow";
import { TcpServer } from "../support/socket-servers";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));

// How long all may take to end counts from here: on a busy machine a clock that runs on would cut it short.
useEventLoopClock();
const server = new TcpServer();
useNodeRed();
beforeEach(() => server.start());
afterEach(() => server.stop());

describe.each(MODELS)("modem-socket in direct mode on %s", { timeout: 60_000 }, (model) => {
  it("leaves no connection behind when all flows are stopped in the middle of a stream", async () => {
    const node = await deploySocket({ ...SERVER, mode: "direct" }, model, { port: server.port });
    const peer = await server.next();
    await node.events.next();
    const first = bytes(peer, 20_000);
    node.receive({ payload: randomBytes(2_000_000) });
    await first;
    const closed = once(peer, "close");
    peer.resume();
    await helper.unload();
    await closed;
  });
});
