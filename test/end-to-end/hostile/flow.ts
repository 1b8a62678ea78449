import helper from "node-red-node-test-helper";
import { afterEach, expect } from "vitest";
import { deploy, type FlowError, type Received } from "../../nodes/support/flow";
import { meantCommand } from "../meant";
import { Wire } from "../wire";

/** A text of these tests, within a string. */
export const CARRIED_ALONG = /EVIL|CPWROFF|QPOWD|ATZ|AT&F|ATH|ATD/;

export type Properties = Readonly<Record<string, unknown>>;

export interface Flow {
  /** Gives a message to a node; resolves when it has ended, with the error where it failed. */
  give(id: string, message: Properties): Promise<FlowError | undefined>;
}

const wires: Wire[] = [];
let number = 0;
let count = 0;

/** Strings that have been given to a field or a message, and `more` from now on. */
export function given(more = 0): number {
  count += more;
  return count;
}

/** Ends the flows and the modems of each test. */
export function useWires(): void {
  afterEach(async () => {
    await helper.unload();
    for (const wire of wires.splice(0)) await wire.stop();
  });
}

/** @param route of the simulated modem */
export async function wired(model: string, route: string): Promise<Wire> {
  number += 1;
  const wire = await Wire.start({ modem: `sim:${model}?route=${route}&name=hostile-${number}` });
  wires.push(wire);
  return wire;
}

/** Deploys config nodes and flow nodes, all with the modem `m` where they name no other, and all that watches them. */
export async function flow(
  modems: readonly Properties[],
  nodes: readonly Properties[],
  credentials: object = {},
): Promise<Flow> {
  await deploy(
    [
      ...modems.map((modem) => ({ id: "m", type: "modem", timeout: 20, ...modem })),
      ...nodes.map((node) => ({ id: "", type: "", modem: "m", ...node, wires: [[], []] })),
      { id: "catch", type: "catch", scope: null, wires: [["errors"]] },
      { id: "done", type: "complete", scope: nodes.map(({ id }) => id), wires: [["complete"]] },
      { id: "errors", type: "helper" },
      { id: "complete", type: "helper" },
    ],
    credentials,
  );
  const ended = new Map<string, (error: FlowError | undefined) => void>();
  const listen = (id: string) =>
    helper.getNode(id).on("input", ({ _msgid = "", error }: Received) => {
      ended.get(_msgid)?.(error);
      ended.delete(_msgid);
    });
  listen("errors");
  listen("complete");
  return {
    give(id, message) {
      const _msgid = `hostile-${given(1)}`;
      const error = new Promise<FlowError | undefined>((resolve) => ended.set(_msgid, resolve));
      helper.getNode(id).receive({ ...message, _msgid });
      return error;
    },
  };
}

/** Whatever was not meant, among all that the modem has taken as a command so far. */
export function foreign(model: string, { conversation }: Wire, alsoMeant: ReadonlySet<string> = new Set()): string[] {
  const meant = meantCommand(model);
  expect(conversation.commands.length).toBeGreaterThan(10);
  return conversation.commands.filter((line) => !meant.test(line) && !alsoMeant.has(line));
}
