import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HttpResponse } from "../../../driver/services/http/http";
import {
  RESUMPTION_TYPES,
  type SecurityProfile,
  type SessionData,
  type SessionRecord,
  type SessionStore,
} from "../../../driver/services/security/security";
import { ModemProfiles } from "../../../nodes/modem-tls/modem-profiles";
import { SessionVault } from "../../../nodes/modem-tls/session-vault";
import { simulatorFor } from "../../../simulator/faces/in-process";
import { TestSettings } from "../../nodes/modem-tls/settings-storage";
import { type SecureServer, startSecureServer } from "../../simulator/internet/secure-server";
import { type Driven, drive, identity, pem, securityProfile, simulatedPort } from "../tls/bench";

/** The six kinds of the LARA-R6 guide, 3.4.4. */
export const KINDS = RESUMPTION_TYPES.flatMap((type) =>
  [false, true].map((encrypted) => ({ type, encrypted, name: `${type}, ${encrypted ? "encrypted" : "plain"}` })),
);
export type Kind = Pick<(typeof KINDS)[number], "type" | "encrypted">;

/** The server that a kind needs: session ids and tickets are up to TLS 1.2, and Node.js gives no ids beside tickets. */
export function startServer({ type }: Kind): Promise<SecureServer> {
  const version = type === "psk-ticket" ? "TLSv1.3" : "TLSv1.2";
  const options = { ...identity("server"), minVersion: version, maxVersion: version } as const;
  return startSecureServer(options, { tickets: type !== "id" });
}

/** Of each request, whether its connection took a session up: the server's own word. */
export const reused = ({ seen }: Pick<SecureServer, "seen">): boolean[] => seen.map((request) => request.reused);

/** A security profile that checks the server by the test CA, and resumes by `kind`. */
export function resuming({ type, encrypted }: Kind, changes: Partial<SecurityProfile> = {}): SecurityProfile {
  return securityProfile({ ca: pem("ca.cert"), resumption: type, resumptionEncrypted: encrypted, ...changes });
}

/** What the config node `modem-tls` does with sessions, on settings that outlive the gateway. */
export class Gateway {
  readonly #settings = new TestSettings({ credentialSecret: "test" });
  #vault = this.#openVault();

  /** `profile` as its node gives it to the modem: with its sessions. */
  profile(profile: SecurityProfile): SecurityProfile {
    return new ModemProfiles({ id: profile.id }, profile, this.#vault).for({ id: "modem" });
  }

  /** Node-RED ends, and starts again. */
  async restart(): Promise<void> {
    await this.#vault.flush();
    this.#vault = this.#openVault();
  }

  #openVault(): SessionVault {
    return new SessionVault(this.#settings, (reason) => {
      throw new Error(reason);
    });
  }
}

/** Gives what it is told to, for whatever server, and keeps what it gets beside that. */
export class FixedStore implements SessionStore {
  readonly saved: SessionRecord[] = [];
  readonly #given: () => SessionData | undefined;

  constructor(given: () => SessionData | undefined = () => undefined) {
    this.#given = given;
  }

  async load(): Promise<SessionData | undefined> {
    return this.#given();
  }

  async save(record: SessionRecord): Promise<void> {
    this.saved.push(record);
  }
}

/** ms that a simulated modem takes to boot; a real one takes seconds. */
const BOOT = 50;
/** ms */
const COMMAND = 60_000;

/** A driver and its simulated modem. */
export class TestModem {
  readonly #driven: Driven;
  readonly #port: string;

  private constructor(driven: Driven, port: string) {
    this.#driven = driven;
    this.#port = port;
  }

  static async start(port = simulatedPort("LARA-R6", `&boot=${BOOT}`)): Promise<TestModem> {
    return new TestModem(await drive(port), port);
  }

  get(url: string, security: SecurityProfile): Promise<HttpResponse> {
    return this.#driven.get(url, security);
  }

  /** Resolves when it has booted, which a LARA-R6 does without a word to its host: all it tells is the radio's state. */
  async reboot(by: "itself" | "command"): Promise<void> {
    const { modem } = this.#driven;
    const booted = once(modem, "radio");
    if (by === "itself") simulatorFor(this.#port).fault("reboot");
    else await modem.execute("AT+CFUN=16", { timeout: COMMAND });
    await booted;
  }

  /** Another driver with another modem, that has of this one what is in its `state` file. */
  async restart(): Promise<TestModem> {
    await this.close();
    return TestModem.start(this.#port);
  }

  close(): Promise<void> {
    return this.#driven.close();
  }
}

/** The test, for what ends with it: several run at once. */
export interface Ending {
  onTestFinished(end: () => Promise<void> | void): void;
}

export async function server(kind: Kind, { onTestFinished }: Ending) {
  const started = await startServer(kind);
  onTestFinished(() => started.stop());
  return { ...started, url: `https://server.example:${started.port}/` };
}

export async function modem({ onTestFinished }: Ending, port?: string) {
  const started = await TestModem.start(port);
  onTestFinished(() => started.close());
  return started;
}

/** A port whose modem keeps its NVM beyond this process. */
export function portWithState({ onTestFinished }: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), "sessions-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return simulatedPort("LARA-R6", `&state=${encodeURIComponent(join(folder, "modem.json"))}`);
}
