import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AtChannel } from "../../../../driver/at/channel/channel";
import { ModemError } from "../../../../driver/errors";
import { ownName, parseCertificate } from "../../../../driver/services/security/certificate";
import type { CertificateKind } from "../../../../driver/services/security/security";
import { SimulatedTransport } from "../../../../driver/transport/simulated";
import { UbloxDriver } from "../../../../driver/ublox/driver";
import { UbloxFiles } from "../../../../driver/ublox/files/files";
import { LARA_R6 } from "../../../../driver/ublox/lara-r6";
import { UbloxCertificates } from "../../../../driver/ublox/security/certificates";
import { configure, planSecurity } from "../../../../driver/ublox/security/settings";
import { useEventLoopClock } from "../../../support/clock";
import { derOf, fixture, KEY_PASSWORD, md5, securityProfile } from "../../services/security/tls-fixtures";
import { expectExplained } from "../bench";

vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

let transport: SimulatedTransport;
let channel: AtChannel;
let certificates: UbloxCertificates;
let files: UbloxFiles;
let trace: string[];

beforeEach(async () => {
  trace = [];
  transport = new SimulatedTransport("sim:LARA-R6");
  channel = new AtChannel(transport, { onTrace: ({ direction, text }) => trace.push(`${direction} ${text}`) });
  channel.useDialect(LARA_R6.dialect);
  await transport.open();
  await new UbloxDriver(channel, LARA_R6).initialise();
  files = new UbloxFiles(channel, LARA_R6);
  certificates = new UbloxCertificates(channel, files, LARA_R6);
});

afterEach(async () => {
  // The modem of a port outlives its connections, and keeps its certificates.
  for (const { kind, name } of await certificates.list()) await certificates.remove(kind, name);
  channel.close(new ModemError("MODEM_OFFLINE", "over"));
  await transport.close();
});

const commands = () => trace.filter((entry) => entry.startsWith("sent AT")).map((entry) => entry.slice(5));
const uploads = () => trace.filter((entry) => /^sent <\d+ bytes>/.test(entry)).length;
const parsed = (kind: CertificateKind, name: string) =>
  parseCertificate(kind, fixture(name), { field: kind, password: KEY_PASSWORD });

describe("certificates on the simulated LARA-R6", () => {
  it("are imported, listed, told apart by MD5 and removed", async () => {
    const content = fixture("expires-2040.cert");
    const hash = { kind: "ca", name: "root", md5: md5(derOf(content)) };
    expect(await certificates.import("ca", "root", { content })).toEqual(hash);
    await files.write("client.key", fixture("client.key"));
    await certificates.import("key", "mine", { file: "client.key" });
    expect(await certificates.hash("ca", "root")).toEqual(hash);
    expect(await certificates.list()).toEqual([
      { kind: "ca", name: "root", commonName: "server.example", expires: "2040-01-15T12:00:00Z" },
      { kind: "key", name: "mine" },
    ]);
    await certificates.remove("ca", "root");
    await certificates.remove("key", "mine");
    expect(await certificates.list()).toEqual([]);
    await expect(certificates.hash("ca", "root")).rejects.toMatchObject({ code: "MODEM_REJECTED" });
    expectExplained(commands());
  });

  it.each<[CertificateKind, string]>([
    ["ca", "ca.cert"],
    ["cert", "client-ec.cert"],
    ["key", "client.key"],
    ["key", "client-pkcs1.key"],
    ["key", "client-ec.key"],
    ["key", "client-encrypted.key"],
    ["server", "server.cert"],
  ])("of kind %s are not sent twice: %s", async (kind, name) => {
    const certificate = parsed(kind, name);
    const first = await certificates.ensure(certificate, { password: KEY_PASSWORD });
    expect(first).toMatchObject({ kind, name: ownName(certificate), sent: true });
    expect(certificate.md5s).toContain(first.md5);
    const later = new UbloxCertificates(channel, files, LARA_R6);
    expect(await later.ensure(certificate, { password: KEY_PASSWORD })).toEqual({ ...first, sent: false });
    expect(uploads()).toBe(1);
    expect(trace.join("\n")).not.toContain(KEY_PASSWORD);
  });

  it("of kind key are found in another form under another name", async () => {
    await certificates.import("key", "mine", { content: fixture("client-pkcs1.key") });
    expect(await certificates.ensure(parsed("key", "client.key"))).toMatchObject({ name: "mine", sent: false });
  });

  it("fit into a profile with every setting", async () => {
    const profile = securityProfile({
      validation: "ca+host+date",
      minVersion: "1.2",
      ciphers: ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
      ca: fixture("ca.cert"),
      cert: fixture("client.cert"),
      key: fixture("client-encrypted.key"),
      keyPassword: KEY_PASSWORD,
      pinnedKey: fixture("server.cert"),
      psk: { value: "S3cretKey", format: "text" },
      pskIdentity: { value: "53ec4e71", format: "hex" },
    });
    const plan = planSecurity(profile, "server.example", LARA_R6);
    const { ca, cert, key, pinned } = plan.material;
    const names: Record<string, string> = {};
    for (const [part, certificate] of Object.entries({ ca, cert, key, pinned })) {
      if (certificate === undefined) throw new Error(`${part} is missing`);
      names[part] = (await certificates.ensure(certificate, { password: KEY_PASSWORD })).name;
    }
    await configure(channel, 4, plan, names);
    const { lines } = await channel.send({
      line: "AT+USECPRF=4,3",
      label: "AT+USECPRF=4,3",
      expects: [{ prefix: "+USECPRF:" }],
      timeout: 1000,
    });
    expect(lines.map(({ text }) => text)).toEqual([`+USECPRF: 4,3,"${names.ca}"`]);
    const seen = trace.join("\n");
    for (const secret of ["S3cretKey", "53ec4e71", KEY_PASSWORD]) expect(seen).not.toContain(secret);
  });
});
