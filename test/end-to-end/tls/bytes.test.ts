import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import type { SecurityProfile, SecurityService } from "../../../driver/services/security/security";
import { type SecureServer, startSecureServer } from "../../simulator/internet/secure-server";
import { Wire } from "../wire";
import { client, type Driven, drive, identity, MODELS, type Model, pem, securityProfile, simulatedPort } from "./bench";

/** What announces an import, with kind and bytes. */
const IMPORTS: Readonly<Record<Model, RegExp>> = {
  "LARA-R6": /^AT\+USECMNG=0,(\d),"[^"]*",(\d+)/,
  BG96: /^AT\+QFUPL="nr_([a-z]+)_[^"]*",(\d+)/,
};
/** By +USECMNG's numbers. */
const KINDS = ["ca", "cert", "key"];
const REBOOT: Readonly<Record<Model, string>> = { "LARA-R6": "AT+CFUN=16", BG96: "AT+CFUN=1,1" };
const NOTHING = { kinds: [], bytes: 0 };
/** ms */
const BOOT = 120_000;

/** What has been imported, in its order, and how many bytes of certificates and keys went over the line. */
interface Sent {
  readonly kinds: readonly string[];
  readonly bytes: number;
}

let server: SecureServer;
beforeAll(async () => {
  server = await startSecureServer({ ...identity("server"), requestCert: true, ca: [pem("ca.cert")] });
});
afterAll(() => server.stop());

/** A modem behind a wire on which bytes are counted. */
class Bench {
  #requests = 0;
  /** Common name of the certificate that the server was shown last. */
  client: unknown;
  readonly #model: Model;
  readonly #wire: Wire;
  #driven: Driven;

  private constructor(model: Model, wire: Wire, driven: Driven) {
    this.#model = model;
    this.#wire = wire;
    this.#driven = driven;
  }

  static async open(model: Model, { onTestFinished }: TestContext): Promise<Bench> {
    const wire = await Wire.start({ modem: simulatedPort(model, "&boot=200") });
    const bench = new Bench(model, wire, await Bench.#drive(wire));
    onTestFinished(async () => {
      await bench.#driven.close();
      await wire.stop();
    });
    return bench;
  }

  /** LARA-R6 boots without a word: that it did shows when it is looked at. */
  static #drive(wire: Wire): Promise<Driven> {
    return drive(wire.port, { poll: 500 });
  }

  get security(): SecurityService {
    return this.#driven.services.security;
  }

  /** Since the last time. */
  sent(): Sent {
    const { commands, uploads } = this.#wire.conversation;
    const announced = commands.splice(0).flatMap((line) => {
      const [, kind = "", bytes] = IMPORTS[this.#model].exec(line) ?? [];
      return bytes === undefined ? [] : [{ kind: KINDS[Number(kind)] ?? kind, bytes: Number(bytes) }];
    });
    const written = uploads.splice(0).filter((content) => content.includes("-----BEGIN"));
    const bytes = written.reduce((sum, { length }) => sum + length, 0);
    expect(announced.reduce((sum, one) => sum + one.bytes, 0)).toBe(bytes);
    return { kinds: announced.map(({ kind }) => kind), bytes };
  }

  /** Bytes of all uploads since the last time. */
  uploaded(): number {
    return this.#wire.conversation.uploads.splice(0).reduce((sum, { length }) => sum + length, 0);
  }

  /** What a request brings along. */
  async visit(changes: Partial<SecurityProfile> = {}): Promise<Sent> {
    const profile = securityProfile({ ca: pem("ca.cert"), ...client("client"), ...changes });
    this.#requests += 1;
    const path = `/${this.#wire.port.split(":").at(-1)}/${this.#requests}`;
    try {
      await this.#driven.get(`https://server.example:${server.port}${path}`, profile);
    } finally {
      this.client = server.seen.find((request) => request.path === path)?.client;
    }
    return this.sent();
  }

  async reboot(): Promise<void> {
    const restarted = once(this.#driven.modem, "restarted");
    await this.#driven.modem.execute(REBOOT[this.#model], { timeout: 5000 });
    await restarted;
    await this.#driven.modem.ready({ timeout: BOOT });
  }

  /** As when Node-RED starts again. */
  async restartDriver(): Promise<void> {
    await this.#driven.close();
    this.#driven = await Bench.#drive(this.#wire);
  }
}

describe.each(MODELS)("certificates that a %s holds", (model) => {
  it.concurrent("are sent once, whatever else a profile changes", async (context) => {
    const bench = await Bench.open(model, context);
    const { kinds, bytes } = await bench.visit();
    expect(kinds).toEqual(["ca", "cert", "key"]);
    expect(bytes).toBeGreaterThan(3000);
    expect(await bench.visit()).toEqual(NOTHING);
    expect(await bench.visit({ id: "other", name: "other" })).toEqual(NOTHING);
    expect(await bench.visit({ validation: "ca+host" })).toEqual(NOTHING);
    expect(bench.client).toBe("Test Client");
  });

  it.concurrent("are not sent again after a reboot of the modem", async (context) => {
    const bench = await Bench.open(model, context);
    await bench.visit();
    await bench.reboot();
    expect(await bench.visit()).toEqual(NOTHING);
    expect(bench.client).toBe("Test Client");
  });

  it.concurrent("are not sent again by the next driver", async (context) => {
    const bench = await Bench.open(model, context);
    await bench.visit();
    await bench.restartDriver();
    expect(await bench.visit()).toEqual(NOTHING);
    expect(bench.client).toBe("Test Client");
  });

  it.concurrent("do not keep a changed one from being sent, alone", async (context) => {
    const bench = await Bench.open(model, context);
    await bench.visit();
    await expect(bench.visit({ ca: pem("other-ca.cert") })).rejects.toMatchObject({ code: "TLS_FAILED" });
    expect(bench.sent().kinds).toEqual(["ca"]);
    expect((await bench.visit(client("client-ec"))).kinds).toEqual(["cert", "key"]);
    expect(bench.client).toBe("Test EC Client");
    // What was there before is there still.
    expect(await bench.visit()).toEqual(NOTHING);
    expect(bench.client).toBe("Test Client");
  });

  it.concurrent("are sent again when somebody has removed them, and only those", async (context) => {
    const bench = await Bench.open(model, context);
    await bench.visit();
    const certificate = (await bench.security.list()).find(({ kind }) => kind === "cert");
    await bench.security.remove("cert", certificate?.name ?? "");
    expect((await bench.visit()).kinds).toEqual(["cert"]);
    expect(bench.client).toBe("Test Client");
  });

  it.concurrent("are not sent by an import of the same content, and are by one of another", async (context) => {
    const bench = await Bench.open(model, context);
    const put = (file: string) => bench.security.import("ca", "root.pem", { content: pem(file) });
    const first = await put("ca.cert");
    expect(bench.uploaded()).toBeGreaterThan(1000);
    expect(await put("ca.cert")).toEqual(first);
    expect(bench.uploaded()).toBe(0);
    const second = await put("other-ca.cert");
    expect(second.md5).not.toBe(first.md5);
    expect(bench.uploaded()).toBeGreaterThan(1000);
    expect(await bench.security.hash("ca", "root.pem")).toEqual(second);
  });
});

// BG96 tells no hashes of its files: one under another name would have to be read, which costs as many bytes.
describe("certificates that a LARA-R6 holds under another name", () => {
  it("are not sent again, nor after a reboot", async (context) => {
    const bench = await Bench.open("LARA-R6", context);
    await bench.security.import("ca", "Root of ours", { content: pem("ca.cert") });
    bench.sent();
    expect((await bench.visit()).kinds).toEqual(["cert", "key"]);
    await bench.reboot();
    expect(await bench.visit()).toEqual(NOTHING);
  });
});
