import { setMaxListeners } from "node:events";
import type { Command } from "../../at/command";
import type { AnswerField } from "../../at/fields";
import { isModemError, ModemError } from "../../errors";
import type { Delivery, SessionEvents, SessionWait } from "../../services/mqtt/mqtt";
import { handOver, tellEnd } from "../../services/sockets/owner";
import { acquireBefore, Deadline } from "../../services/waiting/deadline";
import type { ErrorMeaning } from "../error-tables";
import type { BrokerClient, ClientOwner, Operation } from "./client";
import { explainFailure, isNotAllowed } from "./errors";
import { LOG_IN, LOG_OUT } from "./protocol";
import { MessageReader } from "./reader";

export interface SessionParts<Topic> {
  readonly client: BrokerClient;
  /** For messages: "MQTT session with broker:1883". */
  readonly operation: string;
  /** s */
  readonly keepAlive: number;
  readonly events: SessionEvents<Topic>;
  parse(fields: readonly AnswerField[]): Delivery<Topic> | undefined;
  /** Gives back what the session holds. Never fails. @param error why it ended, where its owner did not end it */
  release(error?: ModemError): Promise<void>;
}

/** What an operation's command is, and what it means when it fails without a reason. */
export interface Attempt extends Omit<Operation, "signal"> {
  readonly command: Command;
  readonly otherwise: ErrorMeaning;
}

/** How a session ends. */
interface End {
  /** Left out where its owner wanted it. */
  readonly error?: ModemError;
  /** Whether the modem's client may still be logged in. */
  readonly logOut: boolean;
}

/** Why the client has left (AT facts 5.2). */
const LEFT: ReadonlyMap<number, string> = new Map([
  [0, "the modem has logged out"],
  [1, "the modem has logged out"],
  [100, "the server closed the connection, or did not hear from the modem in time"],
  [101, "the network connection was lost"],
  [102, "the server broke the protocol"],
]);

/** What both protocols' sessions are: operations in order, messages read, and an end that is told once. */
export class SessionLife<Topic> implements ClientOwner {
  readonly #parts: SessionParts<Topic>;
  readonly #reader: MessageReader<Topic>;
  readonly #ended = new AbortController();
  /** Fires when a result is not worth waiting for any more. */
  readonly #dead = new AbortController();
  #progress: "logging in" | "logged in" | "open" = "logging in";
  #freed: Promise<void> | undefined;

  constructor(parts: SessionParts<Topic>) {
    const { client, operation, events, parse } = parts;
    this.#parts = parts;
    // As many as operations wait.
    setMaxListeners(0, this.#ended.signal, this.#dead.signal);
    this.#reader = new MessageReader({
      client,
      operation,
      ended: this.#ended.signal,
      parse,
      deliver: (message) => handOver(client.channel, operation, () => events.onMessage(message)),
      damaged: (error) => this.#tellDamaged(error),
    });
  }

  /** Fires when it ends; its reason is what every operation fails with then. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Whether the modem pings the server: a prompt waits for the answer to that (AT facts 5.2). */
  get pings(): boolean {
    return this.#parts.keepAlive > 0;
  }

  /** The owner gets it. @throws {ModemError} where it has ended meanwhile */
  open(): void {
    this.ended.throwIfAborted();
    this.#progress = "open";
    this.#reader.start();
  }

  heard(op: number, value: number): void {
    const { read, ping } = this.#parts.client.protocol;
    if (op === LOG_IN && value === 1 && this.#progress === "logging in") this.#progress = "logged in";
    else if (op === read) this.#reader.announced(value);
    // Before that it is of an earlier session.
    else if (this.#progress === "logging in") return;
    else if (op === LOG_OUT) this.#lost(LEFT.get(value) ?? `the modem has logged out (${value})`, false);
    else if (op === ping && value === 0) this.#lost("the server no longer answers", true);
  }

  dispose(error: ModemError): void {
    this.#end({ error, logOut: false });
  }

  /** Who makes it failed, and calls this in the client's turn. Resolves when the modem's client is free. */
  async abandon(error: ModemError | undefined): Promise<void> {
    const { client } = this.#parts;
    if (this.#progress !== "logging in" && !client.disposed.aborted)
      await client.logOut().catch((failure: unknown) => client.channel.note(String(failure)));
    this.#end({ ...(error && { error }), logOut: false });
    await this.#freed;
  }

  /** What it went over is gone. */
  contextLost(error: ModemError): void {
    this.#end({ error, logOut: true });
  }

  /** Runs `work` behind the operations before it. A caller who leaves does not end it: the modem is at it. */
  async operate<T>(operation: string, wait: SessionWait, work: (client: BrokerClient) => Promise<T>): Promise<T> {
    this.ended.throwIfAborted();
    const limit = new Deadline(wait.timeout, operation, this.ended, wait.signal);
    const start = (): Promise<T> => {
      limit.signal.throwIfAborted();
      return work(this.#parts.client);
    };
    // Not by the limit's signal: what holds it up says more than that it is late.
    const waiting = acquireBefore({ remaining: limit.remaining, signal: limit.outer }, operation);
    return limit.race(this.#parts.client.inTurn(start, waiting));
  }

  /**
   * One command and its result, in its turn.
   *
   * @returns what stands behind the result
   * @throws {ModemError} `MODEM_REJECTED` where the modem refuses this one command
   */
  async attempt({ command, otherwise, ...operation }: Attempt): Promise<readonly AnswerField[]> {
    const { client } = this.#parts;
    try {
      const { succeeded, rest } = await client.run(command, { ...operation, signal: this.#dead.signal });
      if (succeeded) return rest;
    } catch (error) {
      throw await this.#failed(operation.operation, error);
    }
    throw await explainFailure(client, operation.operation, otherwise);
  }

  /** Turns the pings on, which each session needs anew (guide 6.6), or off: for a modem that has a session. */
  async keepAlive(): Promise<void> {
    const { client, keepAlive } = this.#parts;
    await client.channel.send(client.command(client.protocol.ping, [keepAlive > 0 ? 1 : 0]));
  }

  /** Asks the modem whether it has the session, by a command that changes nothing. */
  async ping(wait: SessionWait): Promise<void> {
    const { operation } = this.#parts;
    await this.operate(operation, wait, async () => {
      if (!(await this.#stands())) throw this.#vanish();
    });
  }

  async disconnect(wait: SessionWait): Promise<void> {
    const limit = new Deadline(wait.timeout, this.#parts.operation, wait.signal);
    await limit.race(this.#leave(limit)).catch(() => undefined);
  }

  async #leave({ remaining, signal }: Deadline): Promise<void> {
    const { client, operation } = this.#parts;
    const waiting = { ...acquireBefore({ remaining, signal }, operation) };
    // Behind what was asked for before, unless that takes too long.
    await client.inTurn(async () => undefined, waiting).catch(() => undefined);
    this.#end({ logOut: true });
    await this.#freed;
  }

  #lost(why: string, logOut: boolean): void {
    this.#end({ error: new ModemError("CONNECTION_CLOSED", `${this.#parts.operation} ended: ${why}`), logOut });
  }

  #end(end: End): void {
    if (this.#freed !== undefined) {
      if (!end.logOut) this.#dead.abort(this.ended.reason);
      return;
    }
    const left = new ModemError("CONNECTION_CLOSED", `${this.#parts.operation} was left`);
    const isOpen = this.#progress === "open";
    this.#freed = this.#finish(end, isOpen);
    this.#ended.abort(end.error ?? left);
    // While the modem is at something it does not log out.
    if (!end.logOut) this.#dead.abort(this.ended.reason);
  }

  async #finish({ error, logOut }: End, isOpen: boolean): Promise<void> {
    const { client, operation, events, release } = this.#parts;
    // Whoever ends it goes on first: the reader has to see the end.
    await Promise.resolve();
    await this.#reader.finish(error !== undefined && !logOut && !client.disposed.aborted);
    if (error !== undefined && isOpen) tellEnd(client.channel, operation, () => events.onClosed(error));
    // Until it is open, who makes it has the client's turn, and logs out.
    if (logOut && isOpen) await this.#logOut();
    client.attach(undefined);
    await release(error);
  }

  async #logOut(): Promise<void> {
    const { client, operation } = this.#parts;
    const giveUp = (): void => this.#dead.abort(this.ended.reason);
    const patience = setTimeout(giveUp, client.model.timeouts.clientEnd);
    try {
      await client.inTurn(() => client.logOut(), { first: true, owner: operation, signal: client.disposed });
    } catch (error) {
      client.channel.note(`${operation}: ${String(error)}`);
    } finally {
      clearTimeout(patience);
    }
  }

  /** The error of a command that got no result. */
  async #failed(operation: string, error: unknown): Promise<unknown> {
    if (this.ended.aborted) return this.ended.reason;
    if (isModemError(error, "MODEM_TIMEOUT")) {
      // The modem may be at it for ever, and would refuse everything else.
      this.#end({ error, logOut: true });
      return error;
    }
    if (!isNotAllowed(error) || (await this.#stands())) return named(operation, error);
    return this.#vanish();
  }

  /** Whether the client takes a command that does no harm. */
  async #stands(): Promise<boolean> {
    try {
      await this.keepAlive();
      return true;
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) throw error;
      return false;
    }
  }

  #vanish(): ModemError {
    const text = `${this.#parts.operation} ended: the modem has no session any more, or is stuck`;
    const error = new ModemError("CONNECTION_CLOSED", text);
    this.#end({ error, logOut: true });
    return error;
  }

  #tellDamaged(error: ModemError): void {
    const { client, operation, events } = this.#parts;
    client.channel.note(error.message);
    tellEnd(client.channel, operation, () => events.onDamaged?.(error));
  }
}

/** A refusal with what was refused. */
function named(operation: string, error: unknown): unknown {
  return isModemError(error, "MODEM_REJECTED")
    ? new ModemError(error.code, `${operation}: ${error.message}`, error.cause)
    : error;
}
