import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fillIn, migrate } from "../../../nodes/common/migrate";
import { MODEM_MIGRATIONS } from "../../../nodes/modem/migrations";
import { MODEM_AT_MIGRATIONS } from "../../../nodes/modem-at/migrations";
import { MODEM_HTTP_MIGRATIONS } from "../../../nodes/modem-http/migrations";
import { MODEM_PDP_MIGRATIONS } from "../../../nodes/modem-pdp/migrations";
import { ROOT } from "../../support/paths";

const rename = { version: 2, up: ({ old, ...rest }: Readonly<Record<string, unknown>>) => ({ ...rest, renamed: old }) };

describe("migrate", () => {
  const migrations = [fillIn({ old: "default", other: 1 }), rename];

  it("takes a node through every step it has not had, in order", () => {
    expect(migrate({ id: "n", old: "mine" }, migrations)).toEqual({ id: "n", renamed: "mine", other: 1, version: 2 });
    expect(migrate({ old: "mine", version: 1 }, migrations)).toEqual({ renamed: "mine", version: 2 });
  });

  it("leaves nodes of this and of a newer release alone, and never changes its input", () => {
    const current = { renamed: "x", version: 2 };
    const newer = { whatever: 1, version: 9 };
    const old = Object.freeze({ old: "x" });
    expect(migrate(current, migrations)).toBe(current);
    expect(migrate(newer, migrations)).toBe(newer);
    expect(migrate(old, migrations)).not.toBe(old);
  });

  it("treats a version that is no number as none", () => {
    expect(migrate({ version: "1", old: "x" }, migrations)).toMatchObject({ version: 2, renamed: "x" });
  });
});

describe("the first version of each node", () => {
  it.each([
    [
      "modem",
      MODEM_MIGRATIONS,
      { port: "sim:LARA-R6" },
      { baudRate: 115200, model: "auto", cid: 1, connect: "auto", timeout: 60, version: 1 },
    ],
    [
      "modem-http",
      MODEM_HTTP_MIGRATIONS,
      { url: "x" },
      {
        method: "GET",
        ret: "txt",
        authType: "none",
        timeout: 120,
        tls: "",
        followRedirects: true,
        cid: "",
        version: 3,
      },
    ],
    ["modem-pdp", MODEM_PDP_MIGRATIONS, { host: "x" }, { action: "msg", apn: "", cid: "", version: 1 }],
    ["modem-at", MODEM_AT_MIGRATIONS, { command: "ATI" }, { ret: "lines", urcs: "", version: 1 }],
  ])("fills in the contract's defaults of %s and keeps what is there", (_type, migrations, given, expected) => {
    expect(migrate({ ...given }, migrations)).toMatchObject({ ...given, ...expected });
  });

  it("fills in what came with a later version, and keeps what is there", () => {
    const saved = { url: "x", method: "PUT", version: 1 };
    expect(migrate(saved, MODEM_HTTP_MIGRATIONS)).toMatchObject({
      method: "PUT",
      verify: "auto",
      followRedirects: true,
      version: 3,
    });
  });

  it("is there for every node", () => {
    const nodes = join(ROOT, "nodes");
    const folders = readdirSync(nodes).filter((name) => name !== "common");
    expect(folders.map((name) => readdirSync(join(nodes, name)).includes("migrations.ts"))).not.toContain(false);
  });
});
