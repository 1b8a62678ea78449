import type { SessionData } from "../../driver/services/security/security";
import { credentialSecrets, type SettingsStorage, seal, unseal } from "./seal";
import { type SessionEntry, sessionEntries } from "./session-entry";

/** Which connection session data belong to. */
export type SessionPlace = Omit<SessionEntry, "policy" | "session">;

/**
 * The key among Node-RED's settings. Its own storage keeps them, so the data are wherever the flows are, and no admin
 * request shows them. The context store would not do: admin requests show it, and by default a restart clears it.
 */
export const SETTINGS_KEY = "cellularModemSessions";
/** Servers of one profile on one modem; the oldest entry goes first. */
const SERVERS_LIMIT = 16;
/** Collects several changes into one write: flash wears out. */
const WRITE_DELAY_MS = 1000;

/**
 * TLS session data of all profiles, kept over a restart of Node-RED. If the settings can't be written, the data last as
 * long as the runtime. Nothing here throws: without the data, a connection only needs a full handshake.
 */
export class SessionVault {
  readonly #settings: SettingsStorage;
  readonly #report: (reason: string) => void;
  #loaded: SessionEntry[] | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #reported = false;

  constructor(
    settings: SettingsStorage,
    /** Called once if the data can't be written. */
    report: (reason: string) => void,
  ) {
    this.#settings = settings;
    this.#report = report;
  }

  /** @param policy hash of the connection's settings; a session of another policy is not resumed */
  get(place: SessionPlace, policy: string): SessionData | undefined {
    return this.#entries().find((entry) => isAt(entry, place) && entry.policy === policy)?.session;
  }

  set(place: SessionPlace, policy: string, session: SessionData): void {
    const others = this.#entries().filter((entry) => !isAt(entry, place));
    const siblings = others.filter(({ profile, modem }) => profile === place.profile && modem === place.modem);
    const surplus = siblings.slice(0, Math.max(0, siblings.length - SERVERS_LIMIT + 1));
    this.#replace([...others.filter((entry) => !surplus.includes(entry)), { ...place, policy, session }]);
  }

  /** Drops the entries that `keeps` refuses. */
  retain(keeps: (place: SessionPlace) => boolean): void {
    const kept = this.#entries().filter(keeps);
    if (kept.length < this.#entries().length) this.#replace(kept);
  }

  /** Resolves once all changes are written or have failed to be. */
  flush(): Promise<void> {
    if (this.#timer !== undefined) this.#write();
    return this.#writing;
  }

  #entries(): SessionEntry[] {
    this.#loaded ??= this.#load();
    return this.#loaded;
  }

  #load(): SessionEntry[] {
    try {
      return sessionEntries(unseal(this.#settings.get(SETTINGS_KEY), credentialSecrets(this.#settings)));
    } catch {
      return [];
    }
  }

  #replace(entries: SessionEntry[]): void {
    this.#loaded = entries;
    this.#timer ??= setTimeout(() => this.#write(), WRITE_DELAY_MS).unref();
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#store()).catch((error: unknown) => this.#complain(error));
  }

  async #store(): Promise<void> {
    const [secret] = credentialSecrets(this.#settings);
    // Without a secret, anyone who reads the file could read the data, and the user has not asked for that.
    if (secret === undefined) return;
    await this.#settings.set(SETTINGS_KEY, seal({ sessions: this.#entries() }, secret));
  }

  #complain(error: unknown): void {
    if (this.#reported) return;
    this.#reported = true;
    this.#report(error instanceof Error ? error.message : String(error));
  }
}

function isAt(entry: SessionEntry, { profile, modem, server }: SessionPlace): boolean {
  return entry.profile === profile && entry.modem === modem && entry.server === server;
}
