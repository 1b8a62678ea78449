import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ConnectOptions } from "../../../driver/services/sockets/sockets";
import type { ObservableModem } from "../../../nodes/common/types";
import { NodeSockets } from "../../../nodes/modem-socket/sockets";

const TIMEOUT = 5000;
const TARGET = { host: "server.example", port: 7 };
const CHOICE = { number: undefined, ip: undefined, port: undefined };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A node that names its server, on a modem whose attempts end by their limit alone. */
function keptSockets() {
  const connect = ({ timeout }: ConnectOptions) =>
    new Promise<never>((_resolve, reject) => {
      setTimeout(() => reject(new Error(`${timeout} ms are over`)), timeout);
    });
  const modem = Object.assign(new EventEmitter(), { state: "ready", ready: async () => ({ sockets: { connect } }) });
  return new NodeSockets({
    settings: {
      protocol: "tcp",
      role: "connect",
      localPort: undefined,
      keepAlive: 0,
      isText: false,
      delimiter: Buffer.alloc(0),
      mode: "command",
      cid: undefined,
      linger: undefined,
      ttl: undefined,
      tos: undefined,
      appendDelimiter: false,
    },
    modem: modem as unknown as ObservableModem,
    timeout: TIMEOUT,
    outputs: { data: () => undefined, event: () => undefined },
    isKept: true,
    target: async () => TARGET,
    security: () => undefined,
    changed: () => undefined,
    report: () => undefined,
  });
}

describe("a message to a node whose connection was closed by one", () => {
  it.each(["send", "connect"] as const)("waits no longer than its time for %s", async (action) => {
    const sockets = keptSockets();
    const request = { action, data: Buffer.from("a"), target: TARGET, choice: CHOICE, cid: undefined };
    const failures: unknown[] = [];
    sockets[action](request, new AbortController().signal).catch((error: unknown) => failures.push(error));
    await vi.advanceTimersByTimeAsync(TIMEOUT);
    expect(failures).toHaveLength(1);
    await Promise.all([sockets.stop(), vi.advanceTimersByTimeAsync(120_000)]);
  });
});
