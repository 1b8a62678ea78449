import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it, vi } from "vitest";
import type { ResumptionType, SecurityProfile } from "../../../driver/services/security/security";
import { needsTool } from "../../support/needs";
import { pemPath } from "../tls/bench";
import { type Ending, Gateway, KINDS, modem, resuming, type TestModem } from "./resumption";

const openssl = needsTool("openssl");
const OWN = ["-cert", pemPath("server.cert"), "-key", pemPath("server.key")];
const VERSION = { id: "TLSv1.2", ticket: "TLSv1.2", "psk-ticket": "TLSv1.3" } as const;
/** Without tickets it keeps sessions by their ids. */
const MANNER: Readonly<Record<ResumptionType, readonly string[]>> = {
  id: ["-tls1_2", "-no_ticket"],
  ticket: ["-tls1_2", "-no_cache"],
  "psk-ticket": ["-tls1_3"],
};
/** Servers that have nothing to give to a kind. */
const WITHOUT: Readonly<Record<ResumptionType, readonly string[]>> = {
  id: ["-tls1_2", "-no_ticket", "-no_cache"],
  ticket: ["-tls1_2", "-no_ticket"],
  "psk-ticket": ["-tls1_3", "-num_tickets", "0"],
};

vi.setConfig({ maxConcurrency: 16 });

/** `openssl s_server`, whose page tells of the connection that it comes by. */
class OpensslServer {
  readonly #program: ChildProcess;

  private constructor(
    program: ChildProcess,
    readonly port: number,
  ) {
    this.#program = program;
  }

  static async start(options: readonly string[], { onTestFinished }: Ending, port = 0): Promise<OpensslServer> {
    const program = spawn("openssl", ["s_server", "-accept", `127.0.0.1:${port}`, "-www", ...OWN, ...options]);
    onTestFinished(() => void program.kill("SIGKILL"));
    let said = "";
    const listening = new Promise<number>((resolve, reject) => {
      const take = (text: Buffer) => {
        said += text.toString();
        const [line, chosen] = /^ACCEPT(?: \S*:(\d+))?\n/m.exec(said) ?? [];
        if (line !== undefined) resolve(Number(chosen ?? port));
      };
      program.stdout.on("data", take);
      program.stderr.on("data", take);
      program.once("error", reject);
      program.once("exit", () => reject(new Error(`openssl s_server ended: ${said}`)));
    });
    return new OpensslServer(program, await listening);
  }

  async stop(): Promise<void> {
    const ended = once(this.#program, "exit");
    this.#program.kill("SIGKILL");
    await ended;
  }
}

describe.skipIf(openssl.skip).concurrent.each(KINDS)(`openssl s_server${openssl.reason}`, (kind) => {
  const visit = async (one: TestModem, { port }: OpensslServer, profile: SecurityProfile) => {
    const { body } = await one.get(`https://server.example:${port}/`, profile);
    return /(?:New|Reused), TLSv[\d.]+/.exec(body.toString("latin1"))?.[0];
  };

  it(`says Reused of sessions of kind ${kind.name}, and New after it has started again`, async (ending) => {
    const first = await OpensslServer.start(MANNER[kind.type], ending);
    const one = await modem(ending);
    const profile = new Gateway().profile(resuming(kind));
    const word = () => visit(one, first, profile);
    expect(await word()).toBe(`New, ${VERSION[kind.type]}`);
    expect(await word()).toBe(`Reused, ${VERSION[kind.type]}`);
    await one.reboot("itself");
    expect(await word()).toBe(`Reused, ${VERSION[kind.type]}`);
    await first.stop();
    await OpensslServer.start(MANNER[kind.type], ending, first.port);
    expect(await word()).toBe(`New, ${VERSION[kind.type]}`);
    expect(await word()).toBe(`Reused, ${VERSION[kind.type]}`);
  });

  it(`says New each time where it gives nothing for sessions of kind ${kind.name}`, async (ending) => {
    const one = await modem(ending);
    const program = await OpensslServer.start(WITHOUT[kind.type], ending);
    const profile = new Gateway().profile(resuming(kind));
    expect(await visit(one, program, profile)).toBe(`New, ${VERSION[kind.type]}`);
    expect(await visit(one, program, profile)).toBe(`New, ${VERSION[kind.type]}`);
  });
});
