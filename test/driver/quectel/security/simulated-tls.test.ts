import { createServer, type Server } from "node:https";
import { createSecureContext, type TLSSocket, type TlsOptions } from "node:tls";
import { describe, expect, it, vi } from "vitest";
import type { SecurityProfile } from "../../../../driver/services/security/security";
import { useEventLoopClock } from "../../../support/clock";
import { listen } from "../../../support/listen";
import { http, type Job, startJob } from "../../transcripts/job";
import { CA, CLIENT, pem, profile } from "./tls-profile";

vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

/** What the server saw of a request: the host named to it, the client's certificate, the version. */
interface Seen {
  readonly sni: string | false | undefined;
  readonly client: string | undefined;
  readonly protocol: string | null;
}

const identity = (name: string): TlsOptions => ({ key: pem(`${name}.key`), cert: pem(`${name}.cert`) });
const SERVER = identity("server");
const URL_OF = { named: "https://server.example/", other: "https://elsewhere.example/", b: "https://b.example/" };
const SUITE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

/** A modem, and a server on loopback for all names. */
async function start(options: TlsOptions): Promise<{ job: Job; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server: Server = createServer(options, (request, response) => {
    const socket = request.socket as TLSSocket & { servername?: string | false };
    const client = socket.getPeerCertificate()?.subject?.CN?.toString();
    seen.push({ sni: socket.servername, client, protocol: socket.getProtocol() });
    response.end("hello");
  });
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  const port = await listen(server);
  const names = ["server.example", "elsewhere.example", "a.example", "b.example", "192.0.2.7"];
  const job = await startJob(
    "BG96",
    names.map((name) => `route=${name}:443=127.0.0.1:${port}`),
  );
  return { job, seen };
}

const get = ({ services }: Pick<Job, "services">, security: SecurityProfile, url = URL_OF.named) =>
  services.http.request(http("GET", url, { security, timeout: 30_000 }));

const bySni = (name: string, done: (error: Error | null, context?: ReturnType<typeof createSecureContext>) => void) =>
  done(null, createSecureContext(identity(name === "b.example" ? "name-b" : "server")));

type Outcome = Partial<Seen> | "TLS_FAILED";

/** Outcomes by what the server is and what the profile says. */
const OUTCOMES: readonly (readonly [
  what: string,
  server: TlsOptions,
  settings: Partial<SecurityProfile>,
  outcome: Outcome,
  url?: string,
])[] = [
  ["the right CA", SERVER, {}, { sni: "server.example", protocol: "TLSv1.2" }],
  ["another CA", SERVER, { ca: pem("other-ca.cert") }, "TLS_FAILED"],
  ["no check at all", identity("expired"), { validation: "none", ca: undefined }, {}, URL_OF.other],
  ["a certificate for the host", SERVER, { validation: "ca+host" }, {}],
  ["a certificate for another host", identity("wrong-host"), { validation: "ca+host" }, "TLS_FAILED"],
  ["a certificate for another host, which nobody checks", identity("wrong-host"), {}, {}],
  ["an expired certificate", identity("expired"), { validation: "ca+host+date" }, "TLS_FAILED"],
  ["an expired certificate, which nobody checks", identity("expired"), { validation: "ca+host" }, {}],
  ["a valid certificate, by date", SERVER, { validation: "ca+host+date" }, {}],
  [
    "a client certificate where one is required",
    { ...SERVER, ca: CA, requestCert: true },
    CLIENT,
    { client: "Test Client" },
  ],
  [
    "an encrypted client key",
    { ...SERVER, ca: CA, requestCert: true },
    { cert: CLIENT.cert, key: pem("client-encrypted.key"), keyPassword: "key-password" },
    { client: "Test Client" },
  ],
  [
    "an EC client key",
    { ...SERVER, ca: CA, requestCert: true },
    { cert: pem("client-ec.cert"), key: pem("client-ec.key") },
    { client: "Test EC Client" },
  ],
  ["no client certificate where one is required", { ...SERVER, ca: CA, requestCert: true }, {}, "TLS_FAILED"],
  ["TLS 1.2 with a server of 1.3 only", { ...SERVER, minVersion: "TLSv1.3" }, {}, "TLS_FAILED"],
  ["TLS 1.0 with a server of 1.2", { ...SERVER, minVersion: "TLSv1.2" }, { minVersion: "1.0" }, "TLS_FAILED"],
  [
    "TLS 1.1 with a server of old",
    { ...SERVER, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" },
    { minVersion: "1.1" },
    { protocol: "TLSv1.1" },
  ],
  [
    "any version with a server of old",
    { ...SERVER, minVersion: "TLSv1", maxVersion: "TLSv1", ciphers: "DEFAULT:@SECLEVEL=0" },
    { minVersion: "any" },
    { protocol: "TLSv1" },
  ],
  ["a suite that the server has", SERVER, { ciphers: [SUITE] }, {}],
  [
    "a suite that the server lacks",
    { ...SERVER, ciphers: "AES256-SHA256", maxVersion: "TLSv1.2" },
    { ciphers: [SUITE] },
    "TLS_FAILED",
  ],
  [
    "a certificate that depends on the name",
    { ...SERVER, SNICallback: bySni },
    { validation: "ca+host" },
    { sni: "b.example" },
    URL_OF.b,
  ],
  ["an address, which is not named", SERVER, {}, { sni: false }, "https://192.0.2.7/"],
];

describe("the BG96 driver with the simulated modem and servers on loopback: HTTPS", () => {
  for (const [what, server, settings, outcome, url] of OUTCOMES)
    it(what, async () => {
      const { job, seen } = await start(server);
      const request = get(job, profile(settings), url);
      if (outcome === "TLS_FAILED") {
        await expect(request).rejects.toMatchObject({ code: "TLS_FAILED" });
        expect(seen).toEqual([]);
      } else {
        expect(await request).toMatchObject({ statusCode: 200, body: Buffer.from("hello") });
        expect(seen).toMatchObject([outcome]);
      }
    });

  it("goes on with other profiles after a failure", async () => {
    const { job } = await start(SERVER);
    await expect(get(job, profile({ ca: pem("other-ca.cert") }))).rejects.toMatchObject({ code: "TLS_FAILED" });
    expect(await get(job, profile())).toMatchObject({ statusCode: 200 });
    expect(await job.services.security.list()).toMatchObject([
      { kind: "ca", commonName: "Another Root CA" },
      { kind: "ca", commonName: "Test Root CA" },
    ]);
  });

  it("sends a certificate once, also when the modem has rebooted", async () => {
    const { job } = await start(SERVER);
    await get(job, profile());
    const restarted = new Promise((resolve) => job.modem.on("restarted", resolve));
    job.fault("reboot");
    await restarted;
    await get({ services: await job.modem.ready({ timeout: 20_000 }) }, profile());
    expect(job.wire.lines.filter((line) => line.startsWith('AT+QSSLCFG="cacert"'))).toHaveLength(2);
    expect(job.wire.lines.filter((line) => line.startsWith('AT+QFUPL="nr_ca_'))).toHaveLength(1);
  });
});
