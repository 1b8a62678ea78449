import type { NodeMessage } from "node-red";
import helper from "node-red-node-test-helper";
import { onTestFailed } from "vitest";
import { deploy, Inbox } from "./flow";
import { pem } from "./https-server";

export interface SecureFlowOptions {
  readonly model?: string;
  /** TCP port of the server behind https://server.example. */
  readonly port?: number;
  /** Of the config node `t`. */
  readonly tls?: Readonly<Record<string, unknown>>;
  readonly credentials?: Readonly<Record<string, string>>;
  /** Of the node `n`, modem-http. */
  readonly http?: Readonly<Record<string, unknown>>;
  /** Of the node `p`, modem-tls-profile. */
  readonly profile?: Readonly<Record<string, unknown>>;
  readonly modem?: Readonly<Record<string, unknown>>;
}

let number = 0;

/** A modem in software `m` of its own, a security profile `t`, and a node of each kind that uses it. */
export async function deploySecureFlow(options: SecureFlowOptions = {}) {
  const { model = "LARA-R6", port = 1, tls = {}, credentials = { ca: pem("ca.cert") }, http, profile, modem } = options;
  number += 1;
  const routes = ["server.example:443", "other.example:443"].map((name) => `&route=${name}=127.0.0.1:${port}`).join("");
  const user = { modem: "m", tls: "t" };
  await deploy(
    [
      { id: "m", type: "modem", port: `sim:${model}?name=secure-${number}${routes}`, ...modem },
      { id: "t", type: "modem-tls", ...tls },
      {
        id: "n",
        type: "modem-http",
        url: "https://server.example/",
        timeout: 20,
        ...user,
        ...http,
        wires: [["answers"]],
      },
      { id: "p", type: "modem-tls-profile", ...user, ...profile, wires: [["answers"], ["events"]] },
      { id: "catch", type: "catch", scope: null, wires: [["answers"]] },
      { id: "watch", type: "status", scope: ["n"], wires: [["status"]] },
      ...["answers", "events", "status"].map((id) => ({ id, type: "helper" })),
    ],
    { t: credentials },
  );
  const answers = new Inbox("answers");
  onTestFailed(() => {
    for (const { error } of answers.messages) process.stderr.write(`${JSON.stringify(error)}\n`);
  });
  return {
    /** What the nodes give, and what Catch nodes hear. */
    answers,
    events: new Inbox("events"),
    status: new Inbox("status"),
    ask: (id: "n" | "p", message: NodeMessage = {}) => {
      helper.getNode(id).receive(message);
      return answers.next();
    },
  };
}
