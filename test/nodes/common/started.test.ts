import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { onFlowsStarted } from "../../../nodes/common/started";

function runtime() {
  const events = new EventEmitter();
  const calls: number[] = [];
  const nodes = Array.from({ length: 20 }, () => new EventEmitter());
  for (const [number, node] of nodes.entries()) {
    onFlowsStarted({ events } as never, node as never, () => calls.push(number));
  }
  return { events, calls, nodes, start: () => events.emit("flows:started") };
}

it("calls every node back each time the flows stand, with one listener for all", () => {
  const { events, calls, start } = runtime();
  expect(events.listenerCount("flows:started")).toBe(1);
  start();
  start();
  expect(calls).toHaveLength(40);
});

it("leaves out a node that was closed, and nothing behind when all are", () => {
  const { events, calls, nodes, start } = runtime();
  const [first, ...others] = nodes;
  first?.emit("close");
  start();
  expect(calls).toEqual(others.map((_, index) => index + 1));
  for (const node of others) node.emit("close");
  expect(events.listenerCount("flows:started")).toBe(0);
  const again = new EventEmitter();
  onFlowsStarted({ events } as never, again as never, () => calls.push(99));
  start();
  expect(calls.at(-1)).toBe(99);
});
