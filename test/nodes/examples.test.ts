import "../support/quick-time";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import helper from "node-red-node-test-helper";
import { describe, expect, it } from "vitest";
import { withoutCredentials } from "../../demo/user-directory";
import { ROOT } from "../support/paths";
import { deploy, Inbox, type Received, useNodeRed } from "./support/flow";

interface ExampleNode {
  readonly id: string;
  readonly type: string;
  readonly z?: string;
  readonly port?: string;
  readonly name?: string;
  readonly wires?: readonly (readonly string[])[];
  readonly role?: string;
}

const FOLDER = join(ROOT, "examples");
const FILES = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));
const load = (file: string): ExampleNode[] => JSON.parse(readFileSync(join(FOLDER, file), "utf8"));

/** What tells that each node that listens does so: a button that asks it is worth pressing from then on. */
function listeners(nodes: readonly ExampleNode[]) {
  const watched = nodes.filter(({ role }) => role === "listen");
  const watchers = watched.flatMap(({ id, z }) => [
    { id: `status-${id}`, type: "status", z, scope: [id], wires: [[`badge-${id}`]] },
    { id: `badge-${id}`, type: "helper", z },
  ]);
  const stands = ({ status }: Received) => /listening/.test((status as { text?: string } | undefined)?.text ?? "");
  return {
    nodes: watchers,
    done: () => Promise.all(watched.map(({ id }) => new Inbox(`badge-${id}`).until(stands))),
  };
}

useNodeRed();

describe("the examples", () => {
  it("use every flow node of the package", () => {
    const nodes = readdirSync(join(ROOT, "nodes")).filter((name) => name.startsWith("modem"));
    const used = new Set(FILES.flatMap((file) => load(file).map(({ type }) => type)));
    expect(nodes.filter((type) => !used.has(type))).toEqual([]);
  });

  // Of what two share, the editor would ask whether to make copies, and two modems would open one port.
  it("F41 neighbour: can be imported one after the other: nodes, config nodes and ports are their own", () => {
    const nodes = FILES.flatMap((file) => load(file));
    const twice = (values: readonly (string | undefined)[]) => values.filter((one, at) => values.indexOf(one) !== at);
    expect(twice(nodes.map(({ id }) => id))).toEqual([]);
    expect(twice(nodes.filter(({ type }) => type === "modem").map(({ port }) => port))).toEqual([]);
  });

  it.each(FILES)("%s says what it shows", (file) => {
    const comments = load(file).filter(({ type }) => type === "comment");
    expect(comments).toHaveLength(1);
    expect(comments[0]).toMatchObject({ name: expect.stringMatching(/.{10}/), info: expect.stringMatching(/.{40}/) });
  });

  it.each(FILES)("%s runs when it is imported, whichever button is pressed", async (file) => {
    const nodes = load(file);
    const { flows, credentials } = withoutCredentials(nodes);
    const listening = listeners(nodes);
    await deploy([...flows, ...listening.nodes] as never, credentials);
    const failures: unknown[] = [];
    const answers: unknown[] = [];
    for (const { id, type, name } of nodes) {
      if (type !== "debug") continue;
      const list = name === "What went wrong" ? failures : answers;
      helper.getNode(id).on("input", (message: unknown) => list.push(message));
    }
    const flowNode = nodes.find(({ type }) => type.startsWith("modem-"));
    await listening.done();
    for (const button of nodes.filter(({ type }) => type === "inject")) {
      const before = answers.length;
      const ended = new Promise<void>((resolve) => {
        const check = () => answers.length > before || failures.length > 0;
        for (const { id, type } of nodes) {
          if (type === "debug") helper.getNode(id).on("input", () => check() && resolve());
        }
      });
      helper.getNode(button.id).receive({});
      await ended;
    }
    expect(failures).toEqual([]);
    expect(answers.length).toBeGreaterThan(0);
    expect(flowNode).toBeDefined();
  });
});
