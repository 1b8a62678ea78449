import type { Channel } from "../../at/channel-types";
import { type AnswerField, splitFields, toInteger } from "../../at/fields";
import { ask } from "../../cellular/commands";
import { isModemError } from "../../errors";
import type { SecurityProfile, SessionData, SessionStore } from "../../services/security/security";
import { unlessAborted } from "../../services/waiting/unless-aborted";
import {
  checkSession,
  enableCommands,
  queryCommand,
  readData,
  type SessionKind,
  sameSession,
  sessionKind,
  setCommand,
  tellsObtained,
} from "./session-data";

/** Servers whose sessions are remembered; the one that was added longest ago goes first. */
const MAX_SESSIONS = 64;
/** In place of `host:port`, for data that were given for whatever server. */
export const ANY_SERVER = "*";

/** Whose session it is: with which server, and under which settings, as one made without checks is none with them. */
export interface SessionOwner {
  readonly key: string;
  /** Key of the same settings with any server. */
  readonly anyKey: string;
  /** `host:port` or `ANY_SERVER`. */
  readonly server: string;
  readonly profile: SecurityProfile;
}

interface Session {
  readonly server: string;
  readonly anyKey: string;
  data: SessionData | undefined;
  /** Whether the store has been asked. */
  loaded: boolean;
  store: SessionStore | undefined;
}

/** A profile of the modem with resumption on: its URCs name nothing but its number, so it serves one server. */
interface Binding {
  readonly number: number;
  readonly kind: SessionKind;
  readonly session: Session;
  /** Whether the modem lacks the session's data. */
  unset: boolean;
  /** Whether the modem has data that the driver has not asked for yet. */
  obtained: boolean;
  /** Connections that are open. */
  open: number;
}

/**
 * Resumption of TLS sessions (guide 3.4): takes what the modem tells of a session, and gives it back before the next
 * connection and after a reboot, since nothing of it is in NVM. Whatever goes wrong with it costs a full handshake only.
 */
export class SessionResumption {
  readonly #channel: Channel;
  readonly #bindings = new Map<number, Binding>();
  readonly #sessions = new Map<string, Session>();
  readonly #leave: readonly (() => void)[];
  /**
   * The guide prints these data without quotation marks, although it prints others with them (op 10), and that goes
   * first; captures of the sister modem SARA-R5 show them quoted. What the modem refuses in one form it gets in the
   * other, and in that one from then on.
   */
  #form: "bare" | "quoted" = "bare";

  constructor(channel: Channel) {
    this.#channel = channel;
    this.#leave = ["+UUSECPRF:", "+USECPRF:"].map((prefix) =>
      channel.onUrc(prefix, (line) => this.#onUrc(splitFields(line))),
    );
  }

  dispose(): void {
    for (const leave of this.#leave) leave();
    this.#bindings.clear();
  }

  /** Frees a number whose profile is about to be reset. */
  unbind(number: number): void {
    this.#bindings.delete(number);
  }

  /** Whether resumption is on in this profile. */
  has(number: number): boolean {
    return this.#bindings.has(number);
  }

  /** Turns resumption on in a profile that was just reset, where it is asked for and the firmware has it. */
  async bind(number: number, owner: SessionOwner, signal: AbortSignal | undefined): Promise<void> {
    const kind = sessionKind(owner.profile.resumption, owner.profile.resumptionEncrypted);
    if (kind === undefined) return;
    try {
      for (const enable of enableCommands(number, kind, signal)) await this.#channel.send(enable);
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) throw error;
      this.#note("The modem does not resume sessions", error);
      return;
    }
    const session = this.#sessionOf(owner);
    await this.#load(session, kind, signal);
    const unset = session.data !== undefined;
    this.#bindings.set(number, { number, kind, session, unset, obtained: false, open: 0 });
  }

  /** Gives the modem what it lacks, before a connection; data that it refuses are dropped. */
  async prepare(number: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.set(number, signal);
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) throw error;
      this.#note("The modem does not take the session data", error);
    }
    const binding = this.#bindings.get(number);
    if (binding !== undefined) binding.open += 1;
  }

  /** Gives the modem what it lacks. @throws {ModemError} `MODEM_REJECTED` when it refuses the data, which are dropped */
  async set(number: number, signal: AbortSignal | undefined): Promise<void> {
    const binding = this.#bindings.get(number);
    if (binding === undefined) return;
    const { session, kind } = binding;
    await this.#collect(binding);
    if (!binding.unset || session.data === undefined) return;
    const { data } = session;
    binding.unset = false;
    try {
      await this.#send(number, kind, data, signal);
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) binding.unset = true;
      else if (session.data === data) session.data = undefined;
      throw error;
    }
  }

  /** After a connection: asks for data that the modem doesn't tell by itself. Never fails. */
  async finish(number: number): Promise<void> {
    const binding = this.#bindings.get(number);
    if (binding === undefined) return;
    binding.open -= 1;
    await this.#collect(binding);
  }

  /** Drops the data of a profile's session: they may be why a connection failed. */
  forget(number: number): void {
    const binding = this.#bindings.get(number);
    if (binding === undefined) return;
    binding.session.data = undefined;
    binding.obtained = false;
  }

  /** Takes data that were given by hand; they replace what is known, with `ANY_SERVER` for all servers. */
  give(owner: SessionOwner, data: SessionData): void {
    const given = this.#sessionOf(owner);
    const all = [...this.#sessions.values()].filter(({ anyKey }) => anyKey === owner.anyKey);
    for (const session of owner.server === ANY_SERVER ? all : [given]) {
      session.data = data;
      session.loaded = true;
    }
    for (const binding of this.#bindings.values()) {
      if (binding.session.data !== data) continue;
      binding.unset = true;
      binding.obtained = false;
    }
  }

  /** Keeps the data of a profile's session in its store. */
  async save(number: number): Promise<void> {
    const binding = this.#bindings.get(number);
    if (binding?.session.data === undefined) return;
    const { data, server, store } = binding.session;
    try {
      await store?.save({ ...data, profile: number, server });
    } catch (error) {
      this.#note(`Session data of ${server} could not be stored`, error);
    }
  }

  #sessionOf({ key, anyKey, server, profile }: SessionOwner): Session {
    const known = this.#sessions.get(key);
    const session = known ?? { server, anyKey, data: undefined, loaded: false, store: undefined };
    session.store = profile.sessions;
    if (known !== undefined) return known;
    if (this.#sessions.size >= MAX_SESSIONS) this.#dropOldest();
    this.#sessions.set(key, session);
    return session;
  }

  #dropOldest(): void {
    const inUse = new Set([...this.#bindings.values()].map(({ session }) => session));
    const oldest = [...this.#sessions].find(([, session]) => !inUse.has(session));
    if (oldest !== undefined) this.#sessions.delete(oldest[0]);
  }

  async #load(session: Session, kind: SessionKind, signal: AbortSignal | undefined): Promise<void> {
    if (session.data !== undefined || session.loaded) return;
    const given = this.#sessions.get(session.anyKey)?.data;
    const data =
      given ??
      (await this.#stored(session, session.server, kind, signal)) ??
      (await this.#stored(session, ANY_SERVER, kind, signal));
    signal?.throwIfAborted();
    session.loaded = true;
    session.data ??= data;
  }

  async #stored(
    { store }: Session,
    server: string,
    kind: SessionKind,
    signal: AbortSignal | undefined,
  ): Promise<SessionData | undefined> {
    try {
      const load = Promise.resolve(store?.load(server));
      const data = await (signal === undefined ? load : unlessAborted(load, signal));
      return data && checkSession(data, kind);
    } catch (error) {
      this.#note(`Stored session data of ${server} can't be used`, error);
      return undefined;
    }
  }

  async #send(number: number, kind: SessionKind, data: SessionData, signal: AbortSignal | undefined): Promise<void> {
    const options = { signal, bytesPerSecond: this.#channel.bytesPerSecond };
    try {
      await this.#channel.send(setCommand(number, kind, data, this.#form, options));
    } catch (error) {
      if (kind.set === "prompt" || !isModemError(error, "MODEM_REJECTED")) throw error;
      const other = this.#form === "bare" ? "quoted" : "bare";
      await this.#channel.send(setCommand(number, kind, data, other, options));
      this.#form = other;
    }
  }

  #onUrc(fields: readonly AnswerField[]): void {
    const binding = this.#bindings.get(toInteger(fields[0]));
    if (binding === undefined) return;
    const { number, kind } = binding;
    if (kind.told === "urc") {
      const data = readData(fields, number, kind);
      if (data !== undefined) this.#keep(binding, data);
    } else if (tellsObtained(fields)) {
      binding.obtained = true;
      // A server may send its ticket late (RFC 8446 4.6.1): no connection's end will ask for it then.
      if (binding.open === 0) void this.#collect(binding);
    }
  }

  async #collect(binding: Binding): Promise<void> {
    const { number, kind } = binding;
    if (!binding.obtained) return;
    binding.obtained = false;
    try {
      const lines = await ask(this.#channel, queryCommand(number, kind, this.#channel.bytesPerSecond));
      const [data] = lines.flatMap((fields) => readData(fields, number, kind) ?? []);
      if (data !== undefined && this.#bindings.get(number) === binding) this.#keep(binding, data);
    } catch (error) {
      this.#note("The modem does not tell its session data", error);
    }
  }

  /** Data that differ from what was set: the server has not resumed, and these are of the new session (guide 3.4.1). */
  #keep(binding: Binding, data: SessionData): void {
    const { session, kind, number } = binding;
    // A ticket that was obtained is in force; a session id has to be set again.
    binding.unset = kind.told === "urc" && (binding.unset || !sameSession(session.data, data));
    if (sameSession(session.data, data)) return;
    session.data = data;
    for (const other of this.#bindings.values()) {
      if (other.session === session && other !== binding) other.unset = true;
    }
    void this.save(number);
  }

  /** Whatever words a store's error has, they may hold what was to be stored. */
  #note(text: string, error: unknown): void {
    const reason = isModemError(error) ? error.message : error instanceof Error ? error.name : "unknown error";
    this.#channel.note(`${text}: ${reason}`);
  }
}
