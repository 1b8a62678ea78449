import type { Channel } from "../../at/channel-types";
import type { Command } from "../../at/command";
import { type AnswerField, type Field, splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { commandWithResult } from "../../cellular/result-urc";
import { isModemError, ModemError } from "../../errors";
import { type AcquireOptions, Pool } from "../../services/waiting/pool";
import { command } from "../commands";
import type { UbloxTraits } from "../traits";
import { type ClientProtocol, LOG_OUT } from "./protocol";

/** Whoever has the client, and is told what it says unasked. */
export interface ClientOwner {
  /** `+UUMQTTC: <op>,<value>`, also where it is the result of an operation. */
  heard(op: number, value: number): void;
  dispose(error: ModemError): void;
}

export interface Operation {
  /** As errors name it. */
  readonly operation: string;
  /** Numbers by which the URC may tell the result: firmware differs. */
  readonly ops: readonly number[];
  /** Whether a result is of this operation, by what stands behind it. */
  readonly accepts?: (rest: readonly AnswerField[]) => boolean;
  /** Ends the wait for the result. */
  readonly signal?: AbortSignal;
  /** ms until the result, from `OK` on. */
  readonly timeout?: number;
}

export interface OperationResult {
  readonly succeeded: boolean;
  /** What stands behind the result. */
  readonly rest: readonly AnswerField[];
}

/**
 * One of the modem's clients for brokers: it has one session at a time, and works on one command at a time. Until the
 * result of that has come, the modem refuses every other one (AT facts 5.2), while the line is free for other services.
 */
export class BrokerClient {
  readonly protocol: ClientProtocol;
  readonly channel: Channel;
  readonly model: UbloxTraits;
  readonly #sessions: Pool<"session">;
  readonly #turns: Pool<"turn">;
  readonly #disposed = new AbortController();
  readonly #leave: readonly (() => void)[];
  #owner: ClientOwner | undefined;

  constructor(protocol: ClientProtocol, channel: Channel, model: UbloxTraits) {
    this.protocol = protocol;
    this.channel = channel;
    this.model = model;
    this.#sessions = new Pool(["session"], { name: `${protocol.name} clients of the modem` });
    this.#turns = new Pool(["turn"], { name: `places for a running ${protocol.name} operation` });
    this.#leave = protocol.urcs.map((prefix) => channel.onUrc(prefix, (line) => this.#heard(line)));
  }

  /** Fires when the driver's session is over. */
  get disposed(): AbortSignal {
    return this.#disposed.signal;
  }

  /** Waits for the client. @returns gives it back @throws {ModemError} `MODEM_BUSY`, naming who has it */
  async take(options: AcquireOptions): Promise<() => void> {
    const session = await this.#sessions.acquire(options);
    return () => this.#sessions.release(session);
  }

  /** From now on `owner` hears what the client says; undefined: nobody does. */
  attach(owner: ClientOwner | undefined): void {
    this.#owner = owner;
  }

  /** Runs `work` when the operations before it are done. It has to end with the result of its last command. */
  inTurn<T>(work: () => Promise<T>, options: AcquireOptions): Promise<T> {
    return this.#turns.withItem(work, options);
  }

  /** A command of the client's; what it carries may be UTF-8. */
  command(op: number, parameters: readonly (Field | number)[] = [], options: Partial<Command> = {}): Command {
    const given = { timeout: this.model.timeouts.client, utf8: true, ...options };
    return command(`${this.protocol.control}=`, [op, ...parameters], given);
  }

  /**
   * Sends a command and waits for its result. Without a result the modem may still be at it.
   *
   * @throws {ModemError} `MODEM_REJECTED` where the modem refused it, `MODEM_TIMEOUT` where no result came, or none that
   * can be read; the reason of `signal`
   */
  async run(started: Command, { timeout, ...operation }: Operation): Promise<OperationResult> {
    const { result } = await commandWithResult(this.channel, started, {
      match: (line) => this.#resultIn(line, operation),
      timeout: timeout ?? this.model.timeouts.clientResult,
      operation: operation.operation,
      // Where the data of a prompt were not taken, what ends the prompt is sent in their place: that is no success.
      evenUnanswered: started.upload === undefined,
      ...(operation.signal && { signal: operation.signal }),
    });
    return result;
  }

  /** Resolves when the modem is disconnected, or refuses to log out since it is already. @returns whether it took it */
  async logOut(): Promise<boolean> {
    const operation = { operation: `${this.protocol.name} logout`, ops: [LOG_OUT], accepts: () => true };
    try {
      await this.run(this.command(LOG_OUT), { ...operation, timeout: this.model.timeouts.clientEnd });
      return true;
    } catch (error) {
      // Any other result, such as 100, says that it is disconnected, too.
      if (isUnreadable(error)) return true;
      if (isModemError(error, "MODEM_REJECTED")) return false;
      throw error;
    }
  }

  dispose(error: Error): void {
    for (const leave of this.#leave) leave();
    this.#disposed.abort(error);
    this.#sessions.close(error);
    this.#turns.close(error);
    const reason = isModemError(error) ? error : new ModemError("MODEM_OFFLINE", error.message);
    this.endSession(reason);
  }

  /** The modem has forgotten its session. */
  endSession(error: ModemError): void {
    this.#owner?.dispose(error);
  }

  #heard(line: Line): void {
    const [op, value, ...more] = splitFields(line).map(toInteger);
    if (op === undefined || value === undefined || more.length > 0) return;
    if (op >= 0 && value >= 0) this.#owner?.heard(op, value);
  }

  #resultIn(
    line: Line,
    { ops, accepts, operation }: Pick<Operation, "ops" | "accepts" | "operation">,
  ): OperationResult | ModemError | undefined {
    if (!this.protocol.urcs.some((prefix) => line.text.startsWith(prefix))) return undefined;
    const [op, value, ...rest] = splitFields(line);
    if (!ops.includes(toInteger(op))) return undefined;
    const result = toInteger(value);
    if (result !== 0 && result !== 1) return unreadable(operation, line.text);
    if (result === 1 && accepts?.(rest) === false) return undefined;
    return { succeeded: result === 1, rest };
  }
}

const UNREADABLE = "its result can't be read";

/** The operation may have succeeded. */
function unreadable(operation: string, result: string): ModemError {
  return new ModemError("MODEM_TIMEOUT", `${operation}: ${UNREADABLE}`, { result, errorText: UNREADABLE });
}

export function isUnreadable(error: unknown): boolean {
  return isModemError(error, "MODEM_TIMEOUT") && error.cause.errorText === UNREADABLE;
}
