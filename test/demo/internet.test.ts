import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DemoInternet, type InternetPorts } from "../../demo/internet";
import { ask } from "../support/ask";
import { ROOT } from "../support/paths";

const read = (name: string) => readFileSync(join(ROOT, "demo", "certificates", name));
const ca = read("ca.cert.pem");
const device = { cert: read("device.cert.pem"), key: read("device.key.pem") };

interface Answer {
  readonly statusCode: number | undefined;
  readonly body: string;
}

describe("the demo's small internet", () => {
  let internet: DemoInternet;
  let ports: InternetPorts;

  beforeEach(async () => {
    internet = new DemoInternet();
    ports = await internet.listen({ http: 0, https: 0, echo: 0, listening: 0 });
  });
  afterEach(() => internet.close());

  const get = (path: string, options: object = {}) => fetchPage(ports.https, path, { ca, ...options });

  it("has the same pages by HTTPS, with a certificate of its CA for demo.example", async () => {
    expect(await get("/hello")).toMatchObject({ statusCode: 200, body: expect.stringContaining("Hello") });
    await expect(get("/hello", { ca: [] })).rejects.toThrow(/certificate/);
    await expect(get("/hello", { servername: "other.example" })).rejects.toThrow(/other.example/);
  });

  it("greets devices with a certificate of its CA, and nobody else", async () => {
    expect(await get("/device", device)).toEqual({ statusCode: 200, body: "Hello, Demo device.\n" });
    expect(await get("/device")).toMatchObject({ statusCode: 403 });
    expect(await (await ask(`http://127.0.0.1:${ports.http}/device`)).text()).toContain("certificate");
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "says of a session of %s that it is resumed, after its own end too",
    async (maxVersion) => {
      const sessions: Buffer[] = [];
      const ask = (session?: Buffer) =>
        askForSession(ports.https, { maxVersion, session }, (data) => sessions.push(data));
      expect(await ask()).toEqual({ resumed: false, protocol: maxVersion });
      expect(await ask(sessions.at(-1))).toEqual({ resumed: true, protocol: maxVersion });
      await internet.close();
      internet = new DemoInternet();
      ports = await internet.listen({ http: 0, https: 0, echo: 0, listening: 0 });
      expect(await ask(sessions.at(-1))).toEqual({ resumed: true, protocol: maxVersion });
    },
  );

  it("says so without TLS as well", async () => {
    const answer = await ask(`http://127.0.0.1:${ports.http}/session`);
    expect(await answer.json()).toEqual({ resumed: false, protocol: "no TLS" });
  });
});

function fetchPage(port: number, path: string, options: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, servername: "demo.example", agent: false, ...options }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve({ statusCode: response.statusCode, body }));
    })
      .on("error", reject)
      .end();
  });
}

/** By a socket of its own, which gets the tickets that TLS 1.3 sends behind the handshake. */
async function askForSession(port: number, options: object, keep: (session: Buffer) => void): Promise<unknown> {
  const socket: TLSSocket = connect({ host: "127.0.0.1", port, servername: "demo.example", ca, ...options });
  socket.on("session", keep);
  socket.end("GET /session HTTP/1.0\r\n\r\n");
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));
}
