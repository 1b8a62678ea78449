import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { TlsSettings } from "../../../simulator/internet/tls/types";
import { CHECKED, der, identity, open, pem, talk, tlsServer, UNCHECKED } from "./tls-servers";

const REFUSED = { failure: "tls" };

/** Everything checked by a clock that shows this. */
function at(clock: string): Partial<TlsSettings> {
  return { verify: { ...CHECKED.verify, now: new Date(clock) } };
}

describe("what is checked of the server", () => {
  const dateless = { chain: true, dates: false, host: "server.example" };

  it.each([
    ["a certificate of the trusted authority", "server", {}],
    ["one of the trusted authorities", "server", { trusted: [der("other-ca"), der("ca")] }],
    ["an EC certificate", "server-ec", {}],
    ["the address instead of the name", "server", { verify: { ...CHECKED.verify, host: "127.0.0.1" } }],
    ["another name when none is expected", "wrong-host", { verify: { chain: true, dates: true } }],
    ["an expired certificate when dates don't count", "expired", { verify: dateless }],
    ["an expired certificate by a clock that is behind", "expired", at("2020-06-01T00:00:00Z")],
    ["a trusted intermediate authority alone", "by-intermediate", { trusted: [der("intermediate")] }],
    ["anything without a chain check", "expired", UNCHECKED],
    ["a wrong name without a chain check", "server", { verify: { chain: false, dates: true, host: "x.example" } }],
  ] as [string, string, Partial<TlsSettings>][])("accepts %s", async (_, name, settings) => {
    const { port } = await tlsServer(identity(name));
    expect(await talk(await open(port, settings))).toContain("hello");
  });

  it.each([
    ["an unknown authority", "server", { trusted: [der("other-ca")] }, /authority/],
    ["no trusted authority at all", "server", { trusted: [] }, /authority/],
    ["a wrong host name", "wrong-host", {}, /server\.example/],
    ["a wrong address", "server", { verify: { ...CHECKED.verify, host: "127.0.0.2" } }, /127\.0\.0\.2/],
    ["an expired certificate", "expired", {}, /expired/],
    ["a certificate that expired by the modem's clock", "expires-2040", at("2040-01-15T12:00:01Z"), /expired/],
    ["a certificate of the future", "server", at("1980-01-06T00:00:00Z"), /not valid yet/],
    ["every date by a clock that shows none", "server", at("nonsense"), /valid/],
    ["an expired certificate of an unknown authority", "expired", { trusted: [der("other-ca")] }, /authority/],
    [
      "an expired certificate of an unknown authority when dates don't count",
      "expired",
      { trusted: [der("other-ca")], verify: dateless },
      /authority/,
    ],
    ["a certificate for clients", "client", { verify: { chain: true, dates: true } }, /not meant for a server/],
    ["an intermediate authority that was not sent", "by-intermediate", {}, /authority/],
    ["an issuer that is no authority", "by-server", { trusted: [der("server")] }, /authority/],
    ["its own certificate as an authority", "server", { trusted: [der("server")] }, /authority/],
    ["a trusted certificate that can't be read", "server", { trusted: [Buffer.from("nonsense")] }, /./],
  ] as [string, string, Partial<TlsSettings>, RegExp][])("refuses %s", async (_, name, settings, message) => {
    const { port } = await tlsServer(identity(name));
    await expect(open(port, settings)).rejects.toMatchObject({ ...REFUSED, message: expect.stringMatching(message) });
  });

  it("refuses a certificate whose signature is not that of the authority", async () => {
    const forged = der("server");
    forged.writeUInt8(forged.readUInt8(forged.length - 1) ^ 1, forged.length - 1);
    const { port } = await tlsServer({ ...identity("server"), cert: new X509Certificate(forged).toString() });
    await expect(open(port)).rejects.toMatchObject({ ...REFUSED, message: expect.stringMatching(/authority/) });
  });

  it.each([
    ["intermediate", "by-intermediate", true],
    ["server", "by-server", false],
  ])(
    "takes the certificate %s that the server sends along for an authority only if it is one",
    async (via, name, ok) => {
      const cert = Buffer.concat([pem(`${name}.cert`), pem(`${via}.cert`)]);
      const { port } = await tlsServer({ ...identity(name), cert });
      const opened = open(port);
      if (ok) expect(await talk(await opened)).toContain("hello");
      else await expect(opened).rejects.toMatchObject(REFUSED);
    },
  );

  it.each([
    ["public key", "server", true],
    ["certificate", "server", true],
    ["public key", "server-ec", false],
    ["certificate", "expired", false],
  ] as const)("compares the pinned %s with that of %s, even unchecked otherwise", async (compare, name, same) => {
    const { port } = await tlsServer();
    const opened = open(port, { ...UNCHECKED, pinned: { certificate: der(name), compare } });
    if (same) expect(await talk(await opened)).toContain("hello");
    else await expect(opened).rejects.toMatchObject(REFUSED);
  });
});
