import { Priority } from "../at/command";
import { command } from "../cellular/commands";
import { cycleRadio, FUNCTIONALITY, readFunctionality, turnRadioOn } from "../cellular/functionality";
import { nameOperators, readOperator, selectAutomatically } from "../cellular/operator";
import { onContextLoss, onRadioState } from "../cellular/packet-events";
import { pinsOf } from "../cellular/pin-file";
import { isRegistered, RegistrationWatch } from "../cellular/registration";
import { readSignal } from "../cellular/signal";
import { simTrouble, unlockSim } from "../cellular/sim";
import { AutoResetEvent, delay } from "../delay";
import { asModemError, isModemError } from "../errors";
import type { Signal } from "../modem-types";
import type { AnyDriver } from "../services/model";
import type { PdpContext } from "../services/packet-data";
import { Backoff } from "../services/waiting/backoff";
import { kindOfPort } from "../transport/port-text";
import { ConnectionRepair } from "./connection-repair";
import type { LifeContext, NetworkAccess } from "./context";
import { denied, unregistered } from "./registration-errors";
import type { Session } from "./session";
import { withoutNumber } from "./simulated-sim";

/** One session's life on the network: SIM, search, connect, ready, and again from where it broke. */
export class NetworkLife implements NetworkAccess {
  readonly #session: Session;
  readonly #driver: AnyDriver;
  readonly #context: LifeContext;
  readonly #imei: string;
  readonly #watch: RegistrationWatch;
  readonly #backoff: Backoff;
  readonly #defined = new Set<number>();
  /** Something happened that `#attend` or `#search` should look at. */
  readonly #news = new AutoResetEvent();
  readonly #repair: ConnectionRepair;
  #watching = false;
  /** A check for a reboot is under way; if its own answer is missing, that must not start another. */
  #checking = false;
  #contextLost = false;
  #lastSignal = "";
  readonly readSignal = (): Promise<Signal> => readSignal(this.#session.channel);

  /** @param imei empty where the modem doesn't tell it */
  constructor(session: Session, driver: AnyDriver, context: LifeContext, imei: string) {
    this.#session = session;
    this.#driver = driver;
    this.#context = context;
    // One IMEI serves all simulated modems: the port tells them apart.
    this.#imei = isSimulated(context.settings.port) ? "" : imei;
    const { backoffMin, backoffMax } = context.timing;
    this.#backoff = new Backoff(backoffMin, backoffMax, context.random);
    this.#watch = new RegistrationWatch(session.channel, (registration) => {
      context.tell.registered(isRegistered(registration));
      this.#news.set();
    });
    this.#repair = new ConnectionRepair({
      session,
      context,
      modem: this.#imei || context.settings.port,
      packetData: driver.services.packetData,
      reboot: () => driver.reboot(),
      news: this.#news,
      circumstances: () => `${isRegistered(this.#watch.current)} ${context.connections.describe()}`,
      look: () => this.#tolerate(this.#lookAround()),
    });
  }

  /** Runs until the session ends, and rejects with its reason. */
  async run(): Promise<never> {
    const { signal, channel } = this.#session;
    const { tell, state } = this.#context;
    const leave = [
      onRadioState(channel, (connected) => tell.radio({ connected })),
      onContextLoss(channel, ({ cid, reason }) => this.#onContextLost(cid, reason)),
      this.#driver.services.packetData.onLost((cid, reason) => this.#onContextLost(cid, reason)),
    ];
    this.#session.onResynchronised = () => this.#checkForReboot();
    this.#context.connections.onWanted = () => this.#news.set();
    state.advance("sim");
    try {
      for (let checkSim = true; ; ) {
        try {
          await this.#comeUp(checkSim);
          checkSim = false;
          await this.#attend();
          await this.#repair.lost();
        } catch (error) {
          signal.throwIfAborted();
          if (isModemError(error, "SIM_ERROR")) state.advance("sim");
          else if (state.state === "ready") state.advance("connecting");
          state.fail(asModemError(error, "MODEM_REJECTED", "The modem could not be set up"));
          checkSim = true;
          if (isModemError(error, "SIM_ERROR")) await delay(this.#backoff.take(), signal);
          // A model that looks into a refusal may find that the network does not let the modem attach.
          else if (isModemError(error, "NO_CONNECTION") || isModemError(error, "NOT_REGISTERED"))
            await this.#repair.refused();
          else await this.#repair.failed();
        }
      }
    } finally {
      for (const stop of leave) stop();
      this.#watch.stop();
    }
  }

  /**
   * Defines and activates a context because a flow asks for it, and keeps it up from now on.
   *
   * @throws {ModemError} `NO_CONNECTION`, `NOT_REGISTERED`, `INVALID_INPUT`
   */
  async connect(context: PdpContext): Promise<void> {
    const { connections, timing } = this.#context;
    const { packetData } = this.#driver.services;
    // Until it is up, what was wanted before stays wanted, and has to be defined again.
    this.#defined.delete(context.cid);
    await packetData.define(context);
    // A changed APN of the first bearer makes the modem attach again.
    const deadline = performance.now() + timing.reattach;
    for (await this.#refresh(); !isRegistered(this.#watch.current); await this.#refresh()) {
      if (performance.now() >= deadline) throw unregistered();
      await delay(timing.simInterval, this.#session.signal);
    }
    await connections.activate(packetData, context.cid);
    this.#defined.add(context.cid);
    connections.want(context);
  }

  async #comeUp(checkSim: boolean): Promise<void> {
    if (checkSim) await this.#unlockSim();
    await this.#register();
    this.#contextLost = false;
    await this.#connect();
    await this.#tellRegistration();
    this.#session.signal.throwIfAborted();
    this.#backoff.reset();
    this.#repair.settled();
    this.#context.state.advance("ready");
    await this.#tolerate(this.#tellSignal());
  }

  async #unlockSim(): Promise<void> {
    const { settings, pins, pinFile, timing } = this.#context;
    const { channel, signal } = this.#session;
    // The SIM is off with the radio; and the APN has to be there before the modem attaches.
    if ((await readFunctionality(channel)) === FUNCTIONALITY.minimum) {
      await this.#define();
      await turnRadioOn(channel, signal);
    }
    const { port, pin } = settings;
    await unlockSim(channel, {
      port,
      imei: this.#imei,
      pin,
      pins: pins ?? pinsOf(pinFile),
      questions: isSimulated(port) ? withoutNumber(this.#driver.sim) : this.#driver.sim,
      bootTime: timing.simBoot,
      interval: timing.simInterval,
      signal,
    });
  }

  async #register(): Promise<void> {
    const { channel } = this.#session;
    if (!this.#watching) {
      await this.#watch.start();
      this.#watching = true;
      await nameOperators(channel);
    }
    // A changed APN of the first bearer makes the modem attach again, so that the state has to be read after it.
    if (await this.#define()) await this.#refresh();
    if (!isRegistered(this.#watch.current)) await this.#search();
  }

  /** Waits for a network, for as long as it takes. */
  async #search(): Promise<void> {
    const { state, timing } = this.#context;
    const { channel, signal } = this.#session;
    state.advance("searching");
    if ((await readFunctionality(channel)) !== FUNCTIONALITY.full) await turnRadioOn(channel, signal);
    await selectAutomatically(channel, signal);
    await this.#refresh();
    for (let since = performance.now(); !isRegistered(this.#watch.current); ) {
      if (this.#watch.current.state === "denied") state.fail(denied());
      if (await this.#news.wait(timing.searchInterval, signal)) continue;
      await this.#tolerate(this.#refresh());
      if (isRegistered(this.#watch.current)) continue;
      await this.#tolerate(this.#lookAtSim());
      if (performance.now() - since < timing.radioCycle) continue;
      await cycleRadio(channel, signal);
      await this.#unlockSim();
      since = performance.now();
    }
  }

  /** One that was taken out, or that lost its power, keeps the modem off the network and may ask for its PIN again. */
  async #lookAtSim(): Promise<void> {
    if ((await simTrouble(this.#session.channel)) !== undefined) await this.#unlockSim();
  }

  /** Writes the wanted contexts, once in a session; whether there was one to write. */
  async #define(): Promise<boolean> {
    const missing = this.#context.connections.wanted.filter(({ cid }) => !this.#defined.has(cid));
    for (const context of missing) {
      await this.#driver.services.packetData.define(context);
      this.#defined.add(context.cid);
    }
    return missing.length > 0;
  }

  async #connect(): Promise<void> {
    const { connections, state } = this.#context;
    if (connections.wanted.length > 0) state.advance("connecting");
    for (const { cid } of connections.wanted) {
      if (await this.#repair.hadToWait(cid)) {
        await this.#register();
        return this.#connect();
      }
      await connections.activate(this.#driver.services.packetData, cid);
      await this.#tolerate(this.#advise(cid));
    }
  }

  async #advise(cid: number): Promise<void> {
    const { settings, tell } = this.#context;
    const advice = settings.xlat === true ? undefined : await this.#driver.services.packetData.advise?.(cid);
    if (advice !== undefined) tell.notice(advice);
  }

  /** Stays while all is well; returns when registration or a context has to be restored. */
  async #attend(): Promise<void> {
    const { timing, state } = this.#context;
    const { signal } = this.#session;
    for (let polled = performance.now(); ; ) {
      const rest = Math.max(0, polled + timing.poll - performance.now());
      const woken = await this.#news.wait(Math.min(rest, timing.watch), signal);
      if (!woken && rest > timing.watch) {
        if (this.#session.channel.awaitsUrc) await this.#tolerate(this.#look());
        continue;
      }
      if (!woken) {
        await this.#tolerate(this.#poll());
        polled = performance.now();
      }
      if (this.#contextLost) return state.advance("connecting");
      if (!isRegistered(this.#watch.current) && !(await this.#registrationReturns())) {
        return state.advance("searching");
      }
      if (woken) await this.#tolerate(this.#tellRegistration());
    }
  }

  /** A cell change may look like a loss for some seconds. */
  async #registrationReturns(): Promise<boolean> {
    await this.#tolerate(this.#tellRegistration());
    const deadline = performance.now() + this.#context.timing.registrationGrace;
    while (!isRegistered(this.#watch.current)) {
      const rest = deadline - performance.now();
      if (rest <= 0) return false;
      await this.#news.wait(rest, this.#session.signal);
    }
    return true;
  }

  /** A dead line shows at the first command, which any modem that answers at all answers soon. */
  async #poll(): Promise<void> {
    const { connections } = this.#context;
    await this.#lookAround();
    for (const { cid } of connections.wanted) {
      const { active } = await this.#driver.services.packetData.status(cid);
      if (!active) this.#onContextLost(cid, "the modem reports it inactive");
    }
  }

  async #lookAround(): Promise<void> {
    await this.#look();
    await this.#refresh();
    await this.#tellSignal();
  }

  async #look(): Promise<void> {
    const { liveness } = this.#context.timing;
    await this.#session.channel.send(command("", [], { timeout: liveness, priority: Priority.Background }));
  }

  /** Ahead of everything else that waits for the line, which after a reboot would only get odd errors. */
  #checkForReboot(): void {
    if (!this.#watching || this.#checking) return;
    this.#checking = true;
    this.#tolerate(this.#refresh(Priority.Urgent))
      // Only the end of the session gets here, which is reported elsewhere.
      .catch(() => {})
      .finally(() => {
        this.#checking = false;
      });
  }

  /** Reads the registration. Reports that are off although they were turned on show a reboot that was not announced. */
  async #refresh(priority?: Priority): Promise<void> {
    if (await this.#watch.refresh(priority)) return;
    this.#session.restarted("its settings are those of a fresh start");
    this.#session.signal.throwIfAborted();
  }

  #onContextLost(cid: number | undefined, reason: string): void {
    const { connections, state } = this.#context;
    const lost = connections.wanted.map((context) => context.cid).filter((one) => cid === undefined || cid === one);
    for (const one of cid === undefined ? lost : [cid]) connections.lost(one, reason);
    if (lost.length === 0) return;
    this.#contextLost = true;
    this.#news.set();
    // At once: messages that arrive from now on have to wait.
    if (state.state === "ready") state.advance("connecting");
  }

  async #tellRegistration(): Promise<void> {
    const { state, technology } = this.#watch.current;
    const selection = isRegistered({ state })
      ? await readOperator(this.#session.channel, Priority.Background)
      : undefined;
    this.#context.tell.registration({
      state,
      technology: technology !== "" ? technology : (selection?.technology ?? ""),
      operator: selection?.operator ?? "",
    });
  }

  async #tellSignal(): Promise<void> {
    const signal = await this.readSignal();
    const key = JSON.stringify(signal);
    if (key === this.#lastSignal) return;
    this.#lastSignal = key;
    this.#context.tell.signal(signal);
  }

  /** A look that fails is no outage. After one without an answer the next `AT` makes the channel find out more. */
  async #tolerate(look: Promise<void>): Promise<void> {
    const { channel, signal } = this.#session;
    try {
      await look;
    } catch (error) {
      signal.throwIfAborted();
      if (isModemError(error, "MODEM_REJECTED")) return;
      if (!isModemError(error, "MODEM_TIMEOUT")) throw error;
      await channel.send(command("", [], { timeout: this.#context.timing.liveness, signal }));
    }
  }
}

function isSimulated(port: string): boolean {
  return kindOfPort(port) === "simulated";
}
