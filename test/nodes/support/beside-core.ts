import type { NodeMessage } from "node-red";
import helper from "node-red-node-test-helper";
import { deploy, Inbox, type Received } from "./flow";
import type { SeenRequest, TestServer } from "./http-server";

/** What one of the two nodes made of a message, and what the server saw of it. */
export interface Side {
  /** The message that came out, or the one that reached a Catch node. */
  readonly message: Received;
  readonly seen: readonly SeenRequest[];
}

let modems = 0;

/** Deploys modem-http and the core `http request` node with the same properties; each message goes through both in turn. */
export async function besideCore(
  server: TestServer,
  model: string,
  properties: Readonly<Record<string, unknown>> = {},
): Promise<(message: () => Readonly<Record<string, unknown>>) => Promise<{ ours: Side; core: Side }>> {
  modems += 1;
  // Of an earlier call in the same test.
  await helper.unload();
  const common = { method: "GET", url: "", ret: "txt", ...properties };
  await deploy([
    {
      id: "m",
      type: "modem",
      port: `sim:${model}?name=beside-core-${modems}&route=localhost:*=127.0.0.1:${server.port}`,
    },
    { id: "ours", type: "modem-http", modem: "m", ...common, wires: [["out"]] },
    { id: "core", type: "http request", authType: "", senderr: true, ...common, wires: [["out"]] },
    { id: "catch", type: "catch", scope: null, wires: [["out"]] },
    { id: "out", type: "helper" },
  ]);
  const out = new Inbox("out");
  const through = async (id: string, message: Readonly<Record<string, unknown>>): Promise<Side> => {
    const before = server.seen.length;
    helper.getNode(id).receive(message as NodeMessage);
    const answer = await out.next();
    return { message: answer, seen: server.seen.slice(before) };
  };
  return async (message) => ({ core: await through("core", message()), ours: await through("ours", message()) });
}
