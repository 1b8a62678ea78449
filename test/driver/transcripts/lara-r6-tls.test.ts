import { constants } from "node:crypto";
import { createServer, type Server, type ServerOptions } from "node:https";
import type { TLSSocket } from "node:tls";
import { describe, expect, it, vi } from "vitest";
import type { ResumptionType, SessionData, SessionRecord } from "../../../driver/services/security/security";
import { useEventLoopClock } from "../../support/clock";
import { listen } from "../../support/listen";
import { pem, tls } from "../ublox/security/fake-tls";
import { http, type Job, startJob } from "./job";
import { literal } from "./printed";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

const IDENTITY = { key: pem("server.key"), cert: pem("server.cert") } as const;
const CA = pem("ca.cert");

/** The file on the modem is the driver's choice. */
const CHOSEN = { '"response_file"': '"nr_http_0_rsp"', '"https.resp"': '"nr_http_0_rsp"' } as const;

interface SecureHost {
  readonly port: number;
  /** Whether each request came by a session that was taken up, by the server's own word. */
  readonly resumed: boolean[];
}

async function secureHost(options: ServerOptions = {}): Promise<SecureHost> {
  const resumed: boolean[] = [];
  const server = createServer({ ...IDENTITY, ...options }, (request, response) => {
    resumed.push((request.socket as TLSSocket).isSessionReused());
    response.setHeader("connection", "close");
    response.end("secure");
  });
  rememberSessions(server);
  return { port: await listen(server), resumed };
}

/** Node leaves the sessions that a server finds by their id to its user. */
function rememberSessions(server: Server): void {
  const sessions = new Map<string, Buffer>();
  server.on("newSession", (id: Buffer, data: Buffer, done: () => void) => {
    sessions.set(id.toString("hex"), data);
    done();
  });
  server.on("resumeSession", (id: Buffer, done: (error: null, data: Buffer | null) => void) =>
    done(null, sessions.get(id.toString("hex")) ?? null),
  );
}

/** What phase 2 gives the module is what phase 1 got from it. */
function obtained({ data, size }: SessionData): Readonly<Record<string, string>> {
  const [first = "", second = ""] = data.split(",").map(literal);
  return {
    "<session_id_b64>": first,
    "<master_secret_b64>": second,
    "<session_data_b64>": first,
    "<session_data_b64_size>": String(size),
    "<enc_session_data_b64>": first,
    "<enc_session_data_b64_size>": String(size),
  };
}

const job = (server: string, { port }: SecureHost): Promise<Job> =>
  startJob("LARA-R6", [`route=${server}=127.0.0.1:${port}`]);

describe("the driver of LARA-R6 does the jobs of guide 3 and 10.4", () => {
  it("3.1-certificates 3.2-profile: certificates from files, and a profile for mutual authentication", async () => {
    const { services, followed } = await startJob("LARA-R6");
    const { files, security } = services;
    const names = [
      ["ca", "ca_cert", "ca_certificate.crt", "ca.cert"],
      ["cert", "client_cert", "client_certificate.crt", "client.cert"],
      ["key", "client_key", "client_private_key.key", "client.key"],
    ] as const;
    for (const [kind, name, file, fixture] of names) {
      await files.write(file, pem(fixture));
      expect(await security.import(kind, name, { file })).toMatchObject({ kind, name });
    }
    expect(await security.list()).toMatchObject([
      { kind: "ca", name: "ca_cert", commonName: "Test Root CA" },
      { kind: "cert", name: "client_cert", commonName: "Test Client" },
      { kind: "key", name: "client_key" },
    ]);
    followed("3.1-certificates");

    const { certificates } = await security.apply(
      tls({
        validation: "ca",
        ciphers: ["TLS_RSA_WITH_AES_256_CBC_SHA"],
        ca: CA,
        cert: pem("client.cert"),
        key: pem("client.key"),
        sni: "sni.example",
      }),
    );
    expect(certificates.map(({ name, sent }) => [name, sent])).toEqual(names.map(([, name]) => [name, false]));
    // By IANA's code, as every suite: u-blox numbered only some.
    followed("3.2-profile", { values: { "<SNI_address>": "sni\\.example", "0,2,3": '0,2,99,"00","35"' } });
  });

  it("3.3-https-with-root-ca 10.4-secure: a root by the line, and a page over TLS that it vouches for", async () => {
    const host = await secureHost();
    const { services, wire, followed } = await job("www.ssl_tls_test_server.com:443", host);
    await services.security.import("ca", "ThawteCA", { content: CA });
    expect(await services.security.list()).toMatchObject([{ kind: "ca", name: "ThawteCA" }]);
    const security = tls({ validation: "ca", ca: CA });
    const response = await services.http.request(http("GET", "https://www.ssl_tls_test_server.com/", { security }));
    expect(response.body.toString()).toBe("secure");

    // Profile 0 where the guide has 2: the first that is free.
    const values = { ...CHOSEN, "1516": String(CA.length), "USECPRF=2": "USECPRF=0", "6,1,2": "6,1,0", "6,1": "6,1,0" };
    followed("3.3-https-with-root-ca", { values });
    followed("10.4-secure", { values });
    expect(wire.lines).toContain("AT+UHTTP=0,5,443");
    expect(wire.dataOf('AT+USECMNG=0,0,"ThawteCA"')).toEqual([CA.toString()]);
  });

  it("10.4-port-rule: the port is set by hand after TLS was turned on", async () => {
    const host = await secureHost();
    const { services, followed } = await job("server.example:9000", host);
    const get = http("GET", "https://server.example:9000/", { security: tls() });
    expect((await services.http.request(get)).body.toString()).toBe("secure");
    // The rule needs no minding: every request resets its profile first (guide 10.1).
    const instead = { 1: "none is turned from TLS to plain", 3: "none has its port set before TLS is turned on" };
    followed("10.4-port-rule", { instead, values: { "6,1": "6,1,0" } });
  });

  const tls12 = { maxVersion: "TLSv1.2" } as const;
  const ids = { ...tls12, secureOptions: constants.SSL_OP_NO_TICKET };
  const kinds: [title: string, ResumptionType, boolean, ServerOptions][] = [
    ["3.4.4.1-phase1 3.4.4.1-phase2", "id", false, ids],
    ["3.4.4.2-phase1 3.4.4.2-phase2", "id", true, ids],
    ["3.4.4.3-phase1 3.4.4.3-phase2", "ticket", false, tls12],
    ["3.4.4.4-phase1 3.4.4.4-phase2", "ticket", true, tls12],
    ["3.4.4.5-phase1 3.4.4.5-phase2", "psk-ticket", false, {}],
    ["3.4.4.6-phase1 3.4.4.6-phase2", "psk-ticket", true, {}],
  ];
  it.each(kinds)("%s: a session by %s, encrypted %s, is obtained and taken up again", async (...kind) => {
    const [title, resumption, resumptionEncrypted, options] = kind;
    const [first = "", second = ""] = title.split(" ");
    const host = await secureHost(options);
    const { modem, services, wire, followed } = await job("server.example:443", host);
    const store = new Map<string, SessionRecord>();
    const security = tls({
      validation: "ca+host",
      ca: CA,
      resumption,
      resumptionEncrypted,
      sessions: {
        load: async (server): Promise<SessionData | undefined> => store.get(server),
        save: async (record) => void store.set(record.server, record),
      },
    });
    const get = http("GET", "https://server.example/index.html", { security });
    await services.http.request(get);
    followed(first, { values: CHOSEN });
    const [told = expect.fail("no session was stored")] = store.values();

    await modem.close();
    wire.forget();
    modem.open();
    const again = await modem.ready({ timeout: 20_000 });
    expect((await again.http.request(get)).body.toString()).toBe("secure");
    followed(second, { values: { ...CHOSEN, ...obtained(told) } });
    expect(wire.dataOf("AT+USECPRF=").join("")).toBe(resumption === "psk-ticket" ? told.data : "");
    expect(host.resumed).toEqual([false, true]);
    expect([...store.keys()]).toEqual(["server.example:443"]);
  });
});
