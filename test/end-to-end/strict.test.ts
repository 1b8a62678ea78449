import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeInProcess, openInProcess } from "../../simulator/faces/in-process";
import { deployNode, useNodeRed } from "../nodes/support/flow";
import { TestServer } from "../nodes/support/http-server";
import { AtClient } from "../support/at-client";

const BINARY = Buffer.alloc(3000, Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
const server = new TestServer(({ method, url, body }, response) => {
  response.setHeader("content-type", "application/octet-stream");
  response.end(method === "GET" ? BINARY : Buffer.concat([Buffer.from(`${method} ${url} `), body]));
});

useNodeRed();
beforeAll(() => server.start());
afterAll(() => server.stop());

describe.each(["LARA-R6", "BG96"])("a %s that loses what comes too soon", (model) => {
  const port = () => `sim:${model}?strict=1&name=strict&route=server.example:80=127.0.0.1:${server.port}`;

  it("serves GET, POST from the line and POST by a file, without a command sent twice", async () => {
    const node = await deployNode(
      { type: "modem-http", method: "use", url: "server.example/x", ret: "bin" },
      {
        port: port(),
        apn: "internet",
      },
    );
    node.receive({ method: "GET" });
    expect((await node.out.next()).payload).toEqual(BINARY);
    for (const payload of ["short", BINARY]) {
      node.receive({ method: "POST", payload, headers: { "content-type": "text/plain" } });
      expect((await node.out.next()).payload).toEqual(Buffer.concat([Buffer.from("POST /x "), Buffer.from(payload)]));
    }
    node.receive({ method: "PUT", payload: BINARY });
    expect((await node.out.next()).payload).toEqual(Buffer.concat([Buffer.from("PUT /x "), BINARY]));
    expect(server.seen.splice(0)).toHaveLength(4);
    expect(node.errors.messages).toEqual([]);
  }, 60_000);
});

describe("these tests", () => {
  it("have a LARA-R6 that does lose it", async () => {
    const port = "sim:LARA-R6?strict=1&name=strict-itself";
    const client = new AtClient(openInProcess(port), { timeout: 200 });
    await client.send("AT");
    await expect(client.send("AT+CGMM")).rejects.toThrow(/did not come/);
    client.close();
    closeInProcess(port);
  });
});
