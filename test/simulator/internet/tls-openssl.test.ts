import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { exchange } from "../../../simulator/internet/http/http";
import { createInternet } from "../../../simulator/internet/real-internet";
import type { TlsConnection, TlsSettings } from "../../../simulator/internet/tls/types";
import { needsTool } from "../../support/needs";
import { TLS_FIXTURES } from "../../support/paths";
import { CHECKED, der, pem } from "./tls-servers";

const openssl = needsTool("openssl");
const ANY_SUITE = ["-cipher", "ALL:@SECLEVEL=0"];
const KEY = "30313233343536373839616263646566";
const internet = createInternet({ routes: [], latency: 0, random: () => 0.5 });

/** `openssl s_server`, which tells of each connection on the page that it sends. Returns its port. */
function opensslServer(...options: string[]): Promise<number> {
  const own = ["-cert", join(TLS_FIXTURES, "server.cert.pem"), "-key", join(TLS_FIXTURES, "server.key.pem")];
  const args = ["s_server", "-accept", "127.0.0.1:0", "-www", ...own, ...ANY_SUITE, ...options];
  const server = spawn("openssl", args, { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void server.kill("SIGKILL"));
  let said = "";
  return new Promise((resolve, reject) => {
    const listen = (bytes: Buffer) => {
      said += bytes.toString();
      const port = /ACCEPT \S*:(\d+)/.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    };
    server.stdout.on("data", listen);
    server.stderr.on("data", listen);
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`openssl s_server ended: ${said}`)));
  });
}

interface Page {
  readonly text: string;
  readonly connection: TlsConnection | undefined;
}

async function visit(port: number, settings: Partial<TlsSettings> = {}): Promise<Page> {
  let connection: TlsConnection | undefined;
  const answer = await exchange(
    {
      host: "127.0.0.1",
      port,
      tls: { ...CHECKED, ...settings },
      onTls: (secured) => {
        connection = secured;
      },
      request: Buffer.from("GET / HTTP/1.0\r\n\r\n"),
      headOnly: false,
      timeout: 5000,
      signal: new AbortController().signal,
    },
    internet,
  );
  return { text: answer.body.toString("latin1"), connection };
}

describe.skipIf(openssl.skip)(`openssl s_server${openssl.reason}`, () => {
  it.each([
    ["id", "TLSv1.2"],
    ["ticket", "TLSv1.2"],
    ["psk-ticket", "TLSv1.3"],
  ] as const)("says that it takes a session of kind %s up again", async (kind, version) => {
    const port = await opensslServer();
    const first = await visit(port, { session: { kind } });
    expect(first.text).toContain(`New, ${version}`);
    const data = first.connection?.session() ?? Buffer.alloc(0);
    const second = await visit(port, { session: { kind, data } });
    expect(second.text).toContain(`Reused, ${version}`);
    expect(second.connection?.reused).toBe(true);
    // This server takes a ticket of TLS 1.3 once (RFC 8446 8.1), so what it gave last is what counts.
    const newest = second.connection?.session() ?? Buffer.alloc(0);
    expect((await visit(port, { session: { kind, data: newest } })).text).toContain(`Reused, ${version}`);
  });

  it.each([
    ["id", ["-no_cache", "-no_ticket"]],
    ["ticket", ["-no_ticket"]],
    ["psk-ticket", ["-num_tickets", "0"]],
  ] as const)("leaves kind %s without data when it has none to give", async (kind, options) => {
    const { connection } = await visit(await opensslServer(...options), { session: { kind } });
    expect(connection?.reused).toBe(false);
    expect(connection?.session()).toBeUndefined();
  });

  it.each(["-tls1", "-tls1_1", "-tls1_2", "-tls1_3"])("is understood when it speaks only %s", async (version) => {
    const { text } = await visit(await opensslServer(version));
    expect(text).toContain("s_server");
  });

  it.each(["-tls1_2", "-tls1_3"])("wants a certificate of the client with %s", async (version) => {
    const ca = join(TLS_FIXTURES, "ca.cert.pem");
    const port = await opensslServer(version, "-Verify", "1", "-verify_return_error", "-CAfile", ca);
    await expect(visit(port)).rejects.toMatchObject({ failure: "tls" });
    const client = { certificate: der("client"), key: pem("client.key") };
    expect((await visit(port, { client })).text).toContain("Test Client");
  });

  it.each(["-tls1_2", "-tls1_3"])("knows a pre-shared key with %s", async (version) => {
    const port = await opensslServer(version, "-nocert", "-psk_identity", "me", "-psk", KEY);
    const psk = { identity: Buffer.from("me"), key: Buffer.from(KEY, "hex") };
    expect((await visit(port, { psk })).text).toContain("s_server");
    await expect(visit(port, { psk: { ...psk, key: Buffer.alloc(16) } })).rejects.toMatchObject({ failure: "tls" });
  });
});
