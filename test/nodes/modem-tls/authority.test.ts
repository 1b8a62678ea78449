import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkMaterial } from "../../../driver/services/security/profile-material";
import { securityProfile } from "../../../nodes/modem-tls/profile";
import { MODEM_TLS_DEFAULTS } from "../../../nodes/modem-tls/types";
import { TLS_FIXTURES } from "../../support/paths";
import { deploy, Inbox, useNodeRed } from "../support/flow";

const pem = (name: string) => readFileSync(join(TLS_FIXTURES, `${name}.cert.pem`), "utf8");
const check = (ca: string) =>
  checkMaterial(securityProfile("t", { ...MODEM_TLS_DEFAULTS, name: "", version: 1 }, { ca }));

describe("F23 the certificate of an authority", () => {
  it.each(["server", "server-ec", "client", "wrong-host", "by-intermediate"])("F23 is not a %s's own", (name) => {
    expect(() => check(pem(name))).toThrow(
      /^ca is not a certificate authority's: CN=.* is a server's or a client's own/,
    );
  });

  it.each(["ca", "other-ca", "intermediate"])("F23 neighbour: %s is one", (name) => {
    expect(check(pem(name)).ca?.issuedBy).toBeUndefined();
  });

  it("F23 neighbour: a certificate that signed itself is its own anchor", () => {
    expect(check(pem("loopback")).ca).toBeDefined();
  });

  describe("at deploy", () => {
    useNodeRed();

    it("F23 the flows that use the profile are told", async () => {
      await deploy(
        [
          { id: "t", type: "modem-tls" },
          { id: "m", type: "modem", port: "sim:LARA-R6?name=authority" },
          { id: "n", type: "modem-http", modem: "m", tls: "t", url: "https://a/", wires: [[]] },
          { id: "catch", type: "catch", scope: null, wires: [["errors"]] },
          { id: "errors", type: "helper" },
        ],
        { t: { ca: pem("server") } },
      );
      const { error } = await new Inbox("errors").next();
      expect(error).toMatchObject({ code: "INVALID_INPUT" });
      expect(error?.message).toContain("not a certificate authority's");
    });
  });
});
