import "../../support/quick-time";
import helper from "node-red-node-test-helper";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ModemNode } from "../../../nodes/common/types";
import { useNodeRed } from "../support/flow";
import { TestServer } from "../support/http-server";
import { pem, pemPath, SecureServer } from "../support/https-server";
import { deploySecureFlow, type SecureFlowOptions } from "../support/secure-flow";

let server: SecureServer;

useNodeRed();
beforeEach(async () => {
  server = new SecureServer({ requestCert: true, rejectUnauthorized: false });
  await server.start();
});
afterEach(() => server.stop());

const refused = (code: string, message = /./) => ({ error: { code, message: expect.stringMatching(message) } });

/** What the modem is told from now on. */
function commands(): string[] {
  const sent: string[] = [];
  (helper.getNode("m") as unknown as ModemNode).modem?.on("trace", ({ direction, text }) => {
    if (direction === "sent") sent.push(text);
  });
  return sent;
}

describe.each(["LARA-R6", "BG96"])("modem-http over TLS on %s", (model) => {
  const flow = (options: SecureFlowOptions = {}) => deploySecureFlow({ model, port: server.port, ...options });

  it("fetches a page from a server that proves who it is", async () => {
    const { ask } = await flow();
    expect(await ask("n")).toMatchObject({
      statusCode: 200,
      payload: "secret",
      responseUrl: "https://server.example/",
    });
  });

  it("takes an https URL from the message, and lets the profile alone for http", async () => {
    const { ask } = await flow({ http: { url: "" } });
    expect(await ask("n", { url: "https://other.example/a" })).toMatchObject({ statusCode: 200 });
    const plain = new TestServer((_request, response) => response.end("open"));
    await plain.start();
    expect(await ask("n", { url: `http://127.0.0.1:${plain.port}/` })).toMatchObject({ payload: "open" });
    await plain.stop();
  });

  it("fails where the server is not the one that the CA vouches for", async () => {
    const { ask } = await flow({ credentials: { ca: pem("other-ca.cert") } });
    expect(await ask("n")).toMatchObject(refused("TLS_FAILED"));
  });

  it("shows the client certificate of the profile, by paths on the gateway", async () => {
    const { ask } = await flow({
      credentials: { ca: pemPath("ca.cert"), cert: pemPath("client.cert"), key: pemPath("client.key") },
    });
    expect(await ask("n")).toMatchObject({ payload: "secret" });
    expect(server.clients).toEqual(["Test Client"]);
  });
});

describe("modem-http", () => {
  const flow = (options: SecureFlowOptions = {}) => deploySecureFlow({ port: server.port, ...options });

  it("sends nothing to an https URL where the profile is none that can be used", async () => {
    const missing = [{ tls: "" }, { tls: "nowhere" }, { tls: "m" }];
    for (const http of missing) {
      const { ask } = await flow({ http });
      expect(await ask("n"), JSON.stringify(http)).toMatchObject(refused("INVALID_INPUT", /^tls: /));
      await helper.unload();
    }
    const { ask } = await flow({ tls: { d: true } });
    expect(await ask("n")).toMatchObject(refused("INVALID_INPUT", /^tls: the security profile is missing or disabled/));
    expect(server.resumed).toEqual([]);
  });

  it("shares one profile of the modem with every node that names it", async () => {
    const { ask } = await flow();
    await ask("n");
    const sent = commands();
    expect(await ask("p", { action: "apply" })).toMatchObject({
      payload: { profile: expect.any(Number), certificates: [{ kind: "ca", sent: false, md5: expect.any(String) }] },
    });
    await ask("n");
    expect(sent.filter((line) => /\+USECMNG=0/.test(line))).toEqual([]);
  });
});
