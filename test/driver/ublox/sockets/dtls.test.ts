import { describe, expect, it } from "vitest";
import { dtlsServer } from "../../../support/dtls-server";
import { failure } from "../../../support/failure";
import { needsTool } from "../../../support/needs";
import { pem, tls } from "../security/fake-tls";
import { SimulatedSockets } from "./simulated-sockets";

const TOOL = needsTool("openssl");
const TO = { host: "peer.test", port: 5684 };
const modem = new SimulatedSockets();

describe.skipIf(TOOL.skip)(`F32: a UDP socket of LARA-R6 with DTLS${TOOL.reason}`, () => {
  const open = async (security = tls({ validation: "ca", ca: pem("ca.cert") })) => {
    const server = await dtlsServer();
    await modem.plug(server.port);
    const received: Buffer[] = [];
    const events = { onData: (data: Buffer) => void received.push(data), onClosed: () => {} };
    const socket = await modem.sockets.openUdp({ ...TO, security, timeout: 60_000 }, events);
    return { server, socket, received };
  };

  it("carries datagrams of every byte value both ways", async () => {
    const { server, socket, received } = await open();
    server.onData = (bytes) => server.send(bytes);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_value, index) => index));
    await socket.send(bytes, { to: TO });
    await expect.poll(() => received, { timeout: 30_000 }).toEqual([bytes]);
    expect(Buffer.concat(server.received)).toEqual(bytes);
    expect(modem.sent).toContainEqual(expect.stringMatching(/^AT\+USOSEC=0,1,\d$/));
    await socket.close();
  });

  it("sends nothing to another peer, nor to one that its profile does not trust", async () => {
    const { server, socket } = await open(tls({ validation: "ca", ca: pem("other-ca.cert") }));
    expect(await failure(socket.send(Buffer.from("x"), { to: { ...TO, port: 9 } }))).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("one peer"),
    });
    const refused = await failure(socket.send(Buffer.from("x"), { to: TO }));
    expect(refused.code).not.toBe("INVALID_INPUT");
    expect(server.received).toEqual([]);
  });

  it("needs to know its peer", async () => {
    await modem.plug(9);
    const asked = modem.sockets.openUdp(
      { security: tls({ validation: "none" }), timeout: 1000 },
      { onData: () => {}, onClosed: () => {} },
    );
    expect(await failure(asked)).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(/host and port/),
    });
  });
});
