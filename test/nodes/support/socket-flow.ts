import type { Socket } from "node:net";
import { deploy, deployNode, Inbox, type Received, type UnderTest } from "./flow";

/** Whom the nodes connect to. */
export const SERVER = { host: "server.example", port: 7 };
export const MODELS = ["LARA-R6", "BG96"] as const;
/** Sockets that each model has. */
export const CAPACITY: Readonly<Record<string, number>> = { "LARA-R6": 7, BG96: 12 };

export interface SocketFlowOptions {
  /** On loopback, of the server behind `SERVER`. */
  readonly port: number;
  /** Further options of the simulated modem: `&latency=40`. */
  readonly extra?: string;
  /** Of the config node `m`. */
  readonly modem?: Readonly<Record<string, unknown>>;
}

let number = 0;

function modemOf(model: string, { port, extra = "", modem }: SocketFlowOptions) {
  number += 1;
  // Datagrams go to the address that the modem's DNS gives for the name, which is that of this machine.
  const routes = ["server.example:*", "127.0.0.1:7"].map((name) => `&route=${name}=127.0.0.1:${port}`).join("");
  return { port: `sim:${model}?name=socket-${process.pid}-${number}${routes}${extra}`, ...modem };
}

/** Deploys one modem-socket with a modem of its own. */
export function deploySocket(
  properties: Readonly<Record<string, unknown>>,
  model: string,
  options: SocketFlowOptions,
): Promise<UnderTest> {
  return deployNode({ type: "modem-socket", ...properties }, modemOf(model, options));
}

/** Deploys several nodes, each under its `id`, with one modem `m`; both outputs of each go to the inbox of that id. */
export async function deployNodes(
  nodes: readonly (Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string })[],
  model: string,
  options: SocketFlowOptions,
  credentials: object = {},
) {
  const outputs = nodes.map(({ id }) => `out-${id}`);
  await deploy(
    [
      { id: "m", type: "modem", ...modemOf(model, options) },
      ...nodes.map((node) => ({ modem: "m", wires: [[`out-${node.id}`], [`out-${node.id}`]], ...node })),
      { id: "catch", type: "catch", scope: null, wires: [["errors"]] },
      ...[...outputs, "errors"].map((id) => ({ id, type: "helper" })),
    ],
    credentials,
  );
  const inboxes = new Map(nodes.map(({ id }) => [id, new Inbox(`out-${id}`)]));
  return {
    errors: new Inbox("errors"),
    from: (id: string): Inbox => {
      const inbox = inboxes.get(id);
      if (inbox === undefined) throw new Error(`no node ${id}`);
      return inbox;
    },
  };
}

/** The key of a badge's text: the tests load no catalogue. */
export const badge = ({ status }: Received): string => (status as { text?: string } | undefined)?.text ?? "";

/** The next bytes of a stream, whole chunks at least; fails when it breaks or ends before they have come. */
export function bytes(stream: Socket, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let total = 0;
    const leave = (): void => {
      stream.off("data", take).off("error", reject).off("close", ended);
    };
    const ended = (): void => reject(new Error(`the stream ended after ${total} of ${length} bytes`));
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      total += chunk.length;
      if (total < length) return;
      leave();
      resolve(Buffer.concat(chunks));
    };
    stream.on("data", take).on("error", reject).on("close", ended);
  });
}
