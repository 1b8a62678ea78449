import "../../support/quick-time";
import type { NodeMessage } from "node-red";
import helper from "node-red-node-test-helper";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { redeploy, useNodeRed } from "../support/flow";
import { pem, SecureServer } from "../support/https-server";
import { deployNodes, MODELS, SERVER } from "../support/socket-flow";
import { TcpServer } from "../support/socket-servers";

interface FlowChanges {
  readonly tls?: object;
  readonly socket?: object;
  readonly modem?: Readonly<Record<string, unknown>>;
  readonly port?: number;
}

const REQUEST = "GET / HTTP/1.0\r\n\r\n";

let secure: SecureServer;

useNodeRed();
beforeEach(async () => {
  secure = new SecureServer();
  await secure.start();
});
afterEach(() => secure.stop());

describe.each(MODELS)("modem-socket over TLS on %s", (model) => {
  async function flow(ca: string, { tls = {}, socket = {}, modem = {}, port = secure.port }: FlowChanges = {}) {
    const { from, errors } = await deployNodes(
      [
        { id: "t", type: "modem-tls", ...tls },
        { id: "n", type: "modem-socket", tls: "t", ret: "utf8", ...socket },
      ],
      model,
      { port, modem },
      { t: { ca } },
    );
    return { out: from("n"), errors, send: (message: NodeMessage) => helper.getNode("n").receive(message) };
  }

  it.each(["command", "direct"])(
    "carries a request and its answer in %s mode, and says that the server has closed",
    async (mode) => {
      const { out, send } = await flow(pem("ca.cert"), { tls: { sni: "server.example" }, socket: { mode } });
      send({ payload: REQUEST, ...SERVER });
      let answer = "";
      expect(await out.next()).toMatchObject({ event: "connected", port: 7 });
      await out.until(({ event, payload }) => {
        if (event === undefined) answer += String(payload);
        return event === "closed";
      });
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nsecret$/s);
    },
  );

  it("is kept up where the dialog says with whom", async () => {
    const { out, send } = await flow(pem("ca.cert"), { socket: SERVER });
    expect(await out.next()).toMatchObject({ event: "connected" });
    send({ payload: REQUEST });
    await out.until(({ event }) => event === "closed");
    expect(await out.until(({ event }) => event === "connected")).toBeDefined();
    expect(secure.resumed).toHaveLength(2);
    await helper.unload();
  });

  it("fails where the CA does not vouch for the server, and gives nothing away", async () => {
    const { errors, send, out } = await flow(pem("other-ca.cert"));
    send({ payload: REQUEST, ...SERVER });
    const { error, payload } = await errors.next();
    expect(error).toMatchObject({ code: "TLS_FAILED", source: { id: "n" } });
    expect(error?.message).toMatch(/server\.example/);
    expect(error?.message).toMatch(/certificate/i);
    expect(payload).toBe(REQUEST);
    expect(out.messages).toEqual([]);
    expect(secure.received).toEqual([]);
  });

  it("fails while the server does not answer the handshake, and can be deployed again", async () => {
    const silent = new TcpServer();
    await silent.start();
    const { errors, send, out } = await flow(pem("ca.cert"), { port: silent.port, modem: { timeout: 6 } });
    send({ payload: REQUEST, ...SERVER });
    await silent.next();
    expect((await errors.next()).error).toMatchObject({ code: "MODEM_TIMEOUT", source: { id: "n" } });
    await redeploy("n", { name: "changed" });
    expect(out.messages).toEqual([]);
    await helper.unload();
    await silent.stop();
  });
});
