import { EventEmitter } from "node:events";
import type { Node } from "node-red";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ModemHandle } from "../../../driver/modem-types";
import { Controller, type Operation } from "../../../nodes/common/controller";
import { StatusDisplay } from "../../../nodes/common/status";
import type { Message, ModemNode, ObservableModem, Runtime } from "../../../nodes/common/types";

const RED = { _: (key: string) => key } as unknown as Runtime;

describe("F34 a modem that does not answer", () => {
  it("shows in the status of every node, even one that works, until it answers", () => {
    const shown: unknown[] = [];
    const node = { status: (status: unknown) => shown.push(status) } as unknown as Node;
    const modem = Object.assign(new EventEmitter(), {
      state: "ready",
      isAnswering: true,
      registration: { operator: "" },
    });
    const display = new StatusDisplay(RED, node);
    display.attach(modem as unknown as ObservableModem);
    const answers = (isAnswering: boolean): unknown => {
      modem.isAnswering = isAnswering;
      modem.emit("answering", isAnswering);
      return shown.at(-1);
    };
    const silent = { fill: "red", shape: "ring", text: expect.stringContaining("status.notAnswering") };
    expect(answers(false)).toMatchObject(silent);
    expect(answers(true)).toMatchObject({ fill: "green", text: expect.stringContaining("status.ready") });
    display.started();
    expect(answers(false)).toMatchObject(silent);
    expect(answers(true)).toMatchObject({ fill: "blue", text: expect.stringContaining("status.working") });
    display.detach();
  });
});

describe("F34 neighbour: a message of a node that has no time limit of its own", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each([
    ["status", 60_000],
    ["resolve server.example", 150_000],
  ])("ends all the same, and what it does is told so (%s)", async (name, limit) => {
    let aborted: unknown;
    const operation: Operation<Message, void> = {
      prepare: async (message) => message,
      describe: () => name,
      workLimit: () => limit,
      acquire: async () => undefined,
      perform: (_request, { signal }) => {
        signal.addEventListener("abort", () => {
          aborted = signal.reason;
        });
        return new Promise(() => undefined);
      },
    };
    const modem = { state: "ready" } as ModemHandle;
    const status = { started() {}, ended() {}, succeeded() {}, failed() {} } as unknown as StatusDisplay;
    const owner = { modem, timeout: 60_000 } as unknown as ModemNode;
    const controller = new Controller(
      operation,
      () => owner,
      status,
      () => 1000,
      () => undefined,
    );
    const done = vi.fn();
    controller.take({ _msgid: "1" }, () => undefined, done);
    await vi.advanceTimersByTimeAsync(limit - 1000);
    expect(done).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2000);
    expect(done.mock.calls).toEqual([[expect.objectContaining({ code: "MODEM_TIMEOUT" })]]);
    expect(String(done.mock.calls[0]?.[0])).toContain(name);
    expect(aborted).toMatchObject({ code: "MODEM_TIMEOUT" });
  });
});
