import { createHmac, randomBytes, scryptSync } from "node:crypto";
import type { FileLock } from "./file-lock";

/** Which SIM asks for a PIN, as far as it is known. */
export interface SimIdentity {
  readonly iccid?: string | undefined;
  /** Empty where the modem doesn't tell. */
  readonly imei: string;
  readonly port: string;
}

/**
 * What became of a PIN. `sent`: nobody saw the answer yet · `refused`: it is never sent again · `accepted`: it is sent
 * whenever the SIM asks.
 */
export type PinOutcome = "sent" | "refused" | "accepted";

export interface PinTrial {
  readonly outcome: PinOutcome;
  /** Attempts that the SIM had left before it was sent, where the modem told. */
  readonly left?: number;
  /** How often it was sent without an answer that settled it. */
  readonly times: number;
}

/** As it is stored: digests only, since a PIN has few digits and a SIM's number belongs to a person. */
interface PinRecord extends PinTrial {
  readonly iccid?: string;
  readonly imei?: string;
  readonly port: string;
  readonly pin: string;
}

/** All that is stored. */
export interface PinRecords {
  readonly salt: string;
  readonly trials: readonly PinRecord[];
}

/** Where the records are kept. Both reject when that is not possible, and then no PIN is sent. */
export interface PinStore {
  /** undefined where there is nothing yet. */
  load(): Promise<PinRecords | undefined>;
  /** Resolves once they are kept. */
  save(records: PinRecords): Promise<void>;
  /** Keeps other processes away that have the same store; left out where none can have it. */
  lock?(name: string, signal?: AbortSignal): Promise<FileLock>;
}

/** How one came to be alone. */
export interface Turn {
  /** Somebody else was before, and may have entered the PIN. */
  readonly hasWaited: boolean;
  /** Why other processes can't be kept away. */
  readonly problem?: unknown;
}

/** For as long as the process lives. */
class ProcessStore implements PinStore {
  #records: PinRecords | undefined;

  async load(): Promise<PinRecords | undefined> {
    return this.#records;
  }

  async save(records: PinRecords): Promise<void> {
    this.#records = records;
  }
}

/** What is locked while a record is written. */
const RECORDS = "records";
/** Bytes. */
const SALT_LENGTH = 16;
const DIGEST_LENGTH = 24;

/**
 * What became of the PINs that were tried.
 *
 * A SIM locks itself after three wrong ones. So a PIN that was not accepted is never sent again to that SIM, however
 * often the modem is opened, the flow deployed and the process started.
 */
export class PinMemory {
  readonly #store: PinStore;
  /** By modem: whoever enters a PIN has it to himself. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #writing: Promise<unknown> = Promise.resolve();
  /** A refusal that could not be stored counts all the same, as long as the process lives. */
  #unkept: readonly PinRecord[] = [];

  constructor(store: PinStore = new ProcessStore()) {
    this.#store = store;
  }

  /**
   * Runs `work` alone: two objects at one modem, on two ports or two names of one, would both try the PIN; so would two
   * processes.
   */
  alone<T>({ imei, port }: SimIdentity, work: (turn: Turn) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const modem = imei === "" ? port : imei;
    const before = this.#turns.get(modem);
    const first = (): Promise<T> => this.#locked(modem, false, work, signal);
    const next = (): Promise<T> => this.#locked(modem, true, work, signal);
    const turn = before === undefined ? first() : before.then(next, next);
    const leave = (): void => {
      if (this.#turns.get(modem) === turn) this.#turns.delete(modem);
    };
    this.#turns.set(modem, turn);
    turn.then(leave, leave);
    return turn;
  }

  async #locked<T>(
    modem: string,
    hasWaited: boolean,
    work: (turn: Turn) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    let lock: FileLock | undefined;
    try {
      lock = await this.#store.lock?.(`modem ${modem}`, signal);
    } catch (problem) {
      signal?.throwIfAborted();
      return work({ hasWaited: true, problem });
    }
    try {
      return await work({ hasWaited: hasWaited || lock?.hasWaited === true });
    } finally {
      await lock?.release();
    }
  }

  /** @throws {Error} when the records can't be read: then nothing is known, not even that nothing was tried */
  async recall(sim: SimIdentity, pin: string): Promise<PinTrial | undefined> {
    const { salt, trials } = await this.#load();
    const wanted = digests(salt, sim, pin);
    const own = [...this.#unkept, ...trials].filter((trial) => trial.pin === wanted.pin && isSame(trial, wanted));
    // What tells most of the SIM counts; of the rest, what is the more careful.
    return own.find(({ iccid }) => iccid !== undefined && iccid === wanted.iccid) ?? own.toSorted(byCare)[0];
  }

  /** Resolves once it is kept. @throws {Error} when it can't be */
  async remember(sim: SimIdentity, pin: string, trial: PinTrial): Promise<void> {
    const write = async (): Promise<void> => {
      // Another process may be noting what became of another modem's.
      const lock = await this.#store.lock?.(RECORDS);
      try {
        await put();
      } finally {
        await lock?.release();
      }
    };
    const put = async (): Promise<void> => {
      const { salt, trials } = await this.#load();
      const record = { ...digests(salt, sim, pin), ...trial };
      const others = (records: readonly PinRecord[]): PinRecord[] =>
        records.filter((one) => one.pin !== record.pin || !isReplaced(one, record));
      const before = others(this.#unkept);
      this.#unkept = record.outcome === "refused" ? [...before, record] : this.#unkept;
      await this.#store.save({ salt, trials: [...others(trials), record] });
      this.#unkept = before;
    };
    const written = this.#writing.then(write, write);
    this.#writing = written;
    await written;
  }

  async #load(): Promise<PinRecords> {
    return (await this.#store.load()) ?? { salt: randomBytes(SALT_LENGTH).toString("base64url"), trials: [] };
  }
}

/**
 * One SIM, or what may be one: where the number of a SIM is missing on one side the modem has to tell, where that is
 * missing too the port.
 */
function isSame(one: SimDigests, other: SimDigests): boolean {
  if (one.iccid !== undefined && other.iccid !== undefined) return one.iccid === other.iccid;
  if (one.imei !== undefined && other.imei !== undefined) return one.imei === other.imei;
  return one.port === other.port;
}

/** A new record takes the place of one that tells no more of the SIM. */
function isReplaced(old: SimDigests, record: SimDigests): boolean {
  return isSame(old, record) && (old.iccid === undefined || old.iccid === record.iccid);
}

const CARE: readonly PinOutcome[] = ["refused", "sent", "accepted"];

function byCare(one: PinTrial, other: PinTrial): number {
  return CARE.indexOf(one.outcome) - CARE.indexOf(other.outcome);
}

type SimDigests = Omit<PinRecord, keyof PinTrial>;

function digests(salt: string, { iccid, imei, port }: SimIdentity, pin: string): SimDigests {
  const short = (text: string): string =>
    createHmac("sha256", salt).update(text).digest().subarray(0, DIGEST_LENGTH).toString("base64url");
  return {
    ...(iccid === undefined ? {} : { iccid: short(`iccid ${iccid}`) }),
    ...(imei === "" ? {} : { imei: short(`imei ${imei}`) }),
    port: short(`port ${port}`),
    pin: slowDigest(pin, salt),
  };
}

/** Some milliseconds a digest: no more than Node-RED can stand still for. */
const COST = 2048;

/** Digests of this process, by salt and PIN. */
const slowDigests = new Map<string, string>();

/** A PIN of four digits is soon found by trying: each try is to cost something, and here only the first. */
function slowDigest(pin: string, salt: string): string {
  const key = `${salt} ${pin}`;
  const known = slowDigests.get(key);
  if (known !== undefined) return known;
  const digest = scryptSync(pin, salt, DIGEST_LENGTH, { N: COST }).toString("base64url");
  slowDigests.set(key, digest);
  return digest;
}
