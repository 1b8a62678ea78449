import { unlessRejected } from "../cellular/commands";
import type { AutoResetEvent } from "../delay";
import { ModemError } from "../errors";
import type { PacketDataService } from "../services/packet-data";
import { Backoff } from "../services/waiting/backoff";
import type { LifeContext } from "./context";
import type { Session } from "./session";

/** What the repair of connections needs of the life around it. */
export interface RepairOptions {
  readonly session: Session;
  readonly context: LifeContext;
  readonly packetData: PacketDataService;
  /** Whose network refuses: the IMEI, or the port where that is not known. */
  readonly modem: string;
  /** The driver's. */
  reboot(): Promise<void>;
  /** Set when the registration or the wanted connections have changed. */
  readonly news: AutoResetEvent;
  /** What an activation depends on, as a text to compare. */
  circumstances(): string;
  /** Looks whether the modem is there and registered. */
  look(): Promise<void>;
}

/** Losses in a row, each soon after the connection came up, that are mended at once. */
const MENDED_AT_ONCE = 3;

/** What is done about connections that are refused or do not last: not too often, since networks bar who asks too often. */
export class ConnectionRepair {
  readonly #options: RepairOptions;
  readonly #backoff: Backoff;
  readonly #flapping: Backoff;
  #cameUp = Number.NEGATIVE_INFINITY;
  #shortLived = 0;
  /** The circumstances of the last attempt. */
  #tried = "";

  constructor(options: RepairOptions) {
    this.#options = options;
    const { timing, random } = options.context;
    // Setting up may take the radio off and on: at most 20 times an hour.
    this.#backoff = new Backoff(timing.backoffMin, timing.flapMax, random);
    this.#flapping = new Backoff(timing.backoffMin, timing.flapMax, random);
  }

  /** All that is wanted is up. */
  settled(): void {
    this.#backoff.reset();
    this.#options.context.activations.settled();
    this.#cameUp = performance.now();
    this.#tried = this.#options.circumstances();
  }

  /** It is not any more: waits where it never lasts. */
  async lost(): Promise<void> {
    const isShortLived = performance.now() - this.#cameUp < this.#options.context.timing.flapMax;
    this.#shortLived = isShortLived ? this.#shortLived + 1 : 0;
    if (this.#shortLived <= MENDED_AT_ONCE) this.#flapping.reset();
    else await this.#rest(this.#flapping.take());
  }

  /**
   * Before the network is asked for `cid`: whether that had to wait, and what it depends on is to be looked at again.
   * One that is active can be had at once.
   */
  async hadToWait(cid: number): Promise<boolean> {
    const { context, modem, packetData, circumstances } = this.#options;
    this.#tried = circumstances();
    const wait = await context.refusals.wait(modem, context.connections.describe());
    if (wait <= 0 || (await packetData.status(cid)).active) return false;
    context.state.fail(askedTooOften(cid, wait));
    await this.#rest(wait);
    return true;
  }

  /** After an answer that says nothing of the connection itself. */
  async failed(): Promise<void> {
    this.#tried = this.#options.circumstances();
    await this.#rest(this.#backoff.take());
  }

  /** After an activation that was refused: another attempt soon, a reboot, or one much later. */
  async refused(): Promise<void> {
    const { context, session, modem } = this.#options;
    const { activations, connections, timing } = context;
    await context.refusals.take(modem, connections.describe());
    const hasRebooted = activations.hasRebooted;
    const remedy = activations.take(!connections.hasActive);
    let hasChanged = false;
    // Soon, and then late enough for a network that has a bad minute.
    if (remedy === "try again") await this.#rest(activations.attempts === 1 ? this.#backoff.take() : timing.backoffMax);
    else if (remedy === "check later" || hasRebooted) hasChanged = await this.#rest(timing.activationCheck);
    if (remedy === "reboot" && !hasChanged && !session.signal.aborted) await this.#reboot();
  }

  async #reboot(): Promise<void> {
    const { context, session, reboot } = this.#options;
    context.activations.rebooted();
    // Where that is refused the checks go on without it.
    if ((await unlessRejected(reboot().then(() => true))) === undefined) return;
    const reason = "its data connection was refused again and again";
    context.tell.restarted(reason);
    const error = new ModemError("MODEM_RESTARTED", `The modem was restarted: ${reason}`);
    session.end({ kind: "rebooting", error });
    session.signal.throwIfAborted();
  }

  /**
   * Waits, but no longer than until a flow or the network has changed what an activation depends on.
   *
   * @returns whether it has
   */
  async #rest(ms: number): Promise<boolean> {
    const { context, session, news, circumstances, look } = this.#options;
    const { poll } = context.timing;
    for (const deadline = performance.now() + ms; circumstances() === this.#tried; ) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      const isNews = await news.wait(Math.min(left, poll), session.signal);
      if (!isNews && left > poll) await look();
    }
    return true;
  }
}

function askedTooOften(cid: number, wait: number): ModemError {
  const minutes = Math.ceil(wait / 60_000);
  return new ModemError(
    "NO_CONNECTION",
    `Data connection ${cid} was refused so often within an hour that the network may bar the modem. The next attempt is ` +
      `in ${minutes} min, or at once with other settings. Check the APN, its user and password, and the SIM's contract.`,
  );
}
