import { mkdtempSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import helper from "node-red-node-test-helper";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModemNode } from "../../nodes/common/types";
import { simulatorFor } from "../../simulator/faces/in-process";
import { deployNode, type UnderTest, useNodeRed } from "../nodes/support/flow";
import { TestServer } from "../nodes/support/http-server";
import { stopwatch } from "../support/clock";
import { needsTool } from "../support/needs";
import { SimCommand } from "../support/sim-command";

const socat = needsTool("socat");
/** ms from unplugging to the message's error. */
const BAR = 2000;
const BIG = Buffer.alloc(200_000, "0123456789abcdef\r\nOK\r\n");

/** Resolves when the request that never ends has come, and when the big body has left the server. */
let reached: (url: string) => void = () => {};
const server = new TestServer(({ url }, response: ServerResponse) => {
  if (url === "/never") reached(url);
  else response.end(url === "/big" ? BIG : "hello", () => reached(url));
});

useNodeRed();
beforeAll(() => server.start());
afterAll(() => server.stop());

/** Resolves when a part of a body has crossed the line and the next one is asked for: many more are to come. */
function midFlow(): Promise<void> {
  const { modem } = helper.getNode("m") as unknown as ModemNode;
  return new Promise((resolve) => {
    let reads = 0;
    modem?.on("trace", ({ direction, text }) => {
      if (direction === "sent" && /^AT\+(URDBLOCK|QFREAD)=/.test(text)) reads += 1;
      if (reads === 2) resolve();
    });
  });
}

const route = () => `server.example:80=127.0.0.1:${server.port}`;

interface Plug {
  pull(): Promise<void>;
  putBack(): Promise<void>;
}

/** Pulls the plug while a request is at `url`; what comes in while it is out is answered when it is back. */
async function pullDuring(url: string, node: UnderTest, plug: Plug): Promise<void> {
  const there = new Promise<string>((resolve) => {
    reached = resolve;
  });
  const flowing = url === "/big" ? midFlow() : undefined;
  node.receive({ url: `server.example${url}`, topic: "first" });
  await there;
  await flowing;
  expect([node.errors.messages, node.out.messages]).toEqual([[], []]);

  const failed = node.errors.until(({ topic }) => topic === "first");
  const passed = stopwatch();
  await plug.pull();
  const { error } = await failed;
  const took = passed();
  expect(error).toMatchObject({ code: "MODEM_OFFLINE", source: { id: "n" } });
  expect(took).toBeLessThan(BAR);
  process.stdout.write(`MODEM_OFFLINE ${took.toFixed(0)} ms after the plug was pulled (${url})\n`);

  node.receive({ url: "server.example/hello", topic: "second" });
  await plug.putBack();
  expect(await node.out.next()).toMatchObject({ payload: "hello", topic: "second" });
  server.drop();
}

const properties = { type: "modem-http", url: "" };

describe.each(["LARA-R6", "BG96"])("modem-http on a %s", (model) => {
  it.each(["/never", "/big"])(
    "that is unplugged during %s and comes back",
    async (url) => {
      const port = `sim:${model}?baud=115200&name=unplug${url.slice(1)}&route=${route()}`;
      const node = await deployNode(properties, { port });
      const { fault } = { fault: (spec: string) => simulatorFor(port).fault(spec) };
      await pullDuring(url, node, { pull: async () => fault("unplug"), putBack: async () => fault("plug") });
    },
    90_000,
  );

  describe.skipIf(socat.skip)(`on a pseudo-terminal${socat.reason}`, () => {
    it.each(["/never", "/big"])(
      "whose modem is killed during %s and started again",
      async (url) => {
        const folder = mkdtempSync(path.join(tmpdir(), "unplug-"));
        const link = path.join(folder, "modem0");
        const start = () => SimCommand.start(["--model", model, "--pty", link, "--baud", "115200", "--route", route()]);
        let command = await start();
        try {
          const node = await deployNode(properties, { port: link });
          await pullDuring(url, node, {
            pull: async () => {
              command.process.kill("SIGKILL");
              await command.ended();
            },
            putBack: async () => {
              command = await start();
            },
          });
        } finally {
          await command.stop();
          rmSync(folder, { recursive: true, force: true });
        }
      },
      90_000,
    );
  });
});
