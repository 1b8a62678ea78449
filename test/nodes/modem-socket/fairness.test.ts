import "../../support/quick-time";
import { randomBytes } from "node:crypto";
import helper from "node-red-node-test-helper";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Received, useNodeRed } from "../support/flow";
import { TestServer } from "../support/http-server";
import { bytes, deployNodes, MODELS, SERVER } from "../support/socket-flow";
import { TcpServer } from "../support/socket-servers";

const BULK = 100_000;
const SMALL = 5;

const server = new TcpServer();
const web = new TestServer((request, response) => response.end(`page ${request.url}`));
useNodeRed();
beforeEach(async () => {
  await server.start();
  await web.start();
});
afterEach(async () => {
  await server.stop();
  await web.stop();
});

describe.each(MODELS)("while a modem-socket on %s carries much both ways", (model) => {
  it("modem-http and modem-at get all their answers, before it is done, and it gets every byte", async () => {
    const { from, errors } = await deployNodes(
      [
        { id: "bulk", type: "modem-socket", ...SERVER },
        { id: "http", type: "modem-http", url: "http://web.example/{{payload}}" },
        { id: "at", type: "modem-at", command: "AT+CGMM" },
      ],
      model,
      { port: server.port, extra: `&route=web.example:80=127.0.0.1:${web.port}` },
    );
    const peer = await server.next();
    await from("bulk").next();
    const up = randomBytes(BULK);
    const down = randomBytes(BULK);
    const arrived = bytes(peer, BULK);
    helper.getNode("bulk").receive({ payload: up });
    peer.write(down);
    const received: Buffer[] = [];
    let isSent = false;
    const done = from("bulk").until(({ event, payload }) => {
      if (event === undefined) received.push(payload as Buffer);
      isSent ||= event === "sent";
      return isSent && Buffer.concat(received).length === BULK;
    });
    for (let number = 0; number < SMALL; number += 1) {
      helper.getNode("http").receive({ payload: number });
      helper.getNode("at").receive({});
      expect(((await from("http").next()) as Received).payload).toBe(`page /${number}`);
      expect(await from("at").next()).toMatchObject({ payload: { result: "OK", lines: [expect.stringMatching(/./)] } });
    }
    expect(isSent && Buffer.concat(received).length === BULK).toBe(false);
    await done;
    expect((await arrived).equals(up)).toBe(true);
    expect(Buffer.concat(received).equals(down)).toBe(true);
    expect(errors.messages).toEqual([]);
  });
});
