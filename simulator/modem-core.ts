import { CellularRadio } from "./cellular/cellular-radio";
import { reportPacketDomain } from "./cellular/packet-domain";
import type { Subscription } from "./cellular/pdp-contexts";
import { reportIndicators } from "./cellular/signal";
import { SimCard } from "./cellular/sim";
import { startClock } from "./cellular/time";
import { nextTurn } from "./clock";
import { Congestion } from "./internet/congestion";
import type { Internet } from "./internet/internet";
import { Troubles } from "./internet/troubles";
import type { Modem, ModemOptions } from "./modem";
import type { Personality } from "./personality";
import { seededRandom } from "./random";
import type { Storage } from "./storage";

/** E-UTRAN (27.007 7.3). */
const LTE = 7;

/** The modem's side of its serial port. */
export interface ModemPort {
  urc(parts: readonly (string | Buffer)[]): void;
  push(parts: readonly (string | Buffer)[]): Promise<void>;
  /** Raw bytes. */
  noise(bytes: Buffer): void;
  stop(): void;
  start(): void;
}

/** The parts of a simulated modem. */
export interface ModemParts {
  readonly personality: Personality;
  readonly options: ModemOptions;
  readonly internet: Internet;
  readonly storage: Storage;
  readonly subscription: Subscription;
  /** ms of silence in a reboot; the personality's value if left out. */
  readonly bootTime?: number;
  /** The cell's; the personality's value if left out. */
  readonly technology?: number;
  readonly random?: () => number;
}

/** A modem between two power-offs: its power cycles, services, timers. */
export class SimulatedModem implements Modem {
  readonly personality: Personality;
  readonly options: ModemOptions;
  readonly radio: CellularRadio;
  readonly sim: SimCard;
  readonly storage: Storage;
  readonly internet: Internet;
  readonly random: () => number;
  /** Belongs to the network, so it survives reboots. */
  readonly congestion = new Congestion();
  readonly troubles = new Troubles();
  readonly #bootTime: number;
  readonly #services = new Map<string, unknown>();
  readonly #waits = new Set<() => void>();
  #cycle = new AbortController();
  #running = false;
  #port: ModemPort | undefined;

  constructor(parts: ModemParts) {
    this.personality = parts.personality;
    this.options = parts.options;
    this.storage = parts.storage;
    this.#bootTime = parts.bootTime ?? parts.personality.bootTime;
    this.random = parts.random ?? seededRandom(parts.options.seed);
    this.sim = new SimCard(parts.storage, parts.options.pin, (ms, work) => this.later(ms, work));
    this.sim.whenBooted = () => this.#sayCard();
    this.internet = this.#watched(parts.internet);
    this.radio = new CellularRadio({
      storage: parts.storage,
      sim: this.sim,
      subscription: parts.subscription,
      registrationDelay: parts.options.registration,
      imsi: parts.options.imsi,
      technology: parts.technology ?? parts.personality.accessTechnology ?? LTE,
      random: this.random,
      later: (ms, work) => this.later(ms, work),
      delay: () => parts.internet.delay(),
    });
  }

  /** Starts switched on and booted, so that it answers at once. */
  start(port: ModemPort): void {
    this.#port = port;
    this.#running = true;
    this.#startServices();
  }

  /** Whether it is switched on or booting. */
  get on(): boolean {
    return this.#running;
  }

  get powerCycle(): AbortSignal {
    return this.#cycle.signal;
  }

  later(ms: number, work: () => void): () => void {
    const run = () => {
      this.#waits.delete(cancel);
      work();
    };
    const stop = ms <= 0 ? immediate(run) : timer(run, ms);
    const cancel = () => {
      this.#waits.delete(cancel);
      stop();
    };
    this.#waits.add(cancel);
    return cancel;
  }

  urc(...parts: (string | Buffer)[]): void {
    this.#port?.urc(parts);
  }

  async push(...parts: (string | Buffer)[]): Promise<void> {
    await this.#port?.push(parts);
  }

  service<T>(key: string, create: (modem: Modem) => T): T {
    if (!this.#services.has(key)) this.#services.set(key, create(this));
    return this.#services.get(key) as T;
  }

  reboot(reason: string): void {
    this.powerOff(reason);
    this.#running = true;
    if (this.personality.bootNoise !== undefined) this.#port?.noise(this.personality.bootNoise);
    this.later(this.#bootTime, () => this.#boot());
  }

  powerOff(reason: string): void {
    this.#running = false;
    this.#cycle.abort(new Error(`the modem restarted: ${reason}`));
    this.#cycle = new AbortController();
    for (const cancel of [...this.#waits]) cancel();
    this.#port?.stop();
    this.radio.stop();
    this.#services.clear();
  }

  #boot(): void {
    this.sim.powerUp();
    this.#startServices();
    this.#printBootLines(0);
  }

  #startServices(): void {
    this.personality.starts?.(this);
    this.#port?.start();
    startClock(this);
    reportPacketDomain(this);
    reportIndicators(this);
    this.radio.start();
  }

  /** The line that was left out of the boot lines. */
  #sayCard(): void {
    const line = this.personality.cardLine?.(this) ?? "";
    if (line !== "") this.urc(line);
  }

  #printBootLines(index: number): void {
    const line = this.personality.bootLines[index];
    if (line === undefined) return;
    this.later(line.delay, () => {
      const text = typeof line.text === "string" ? line.text : line.text(this);
      if (text !== "") this.urc(text);
      this.#printBootLines(index + 1);
    });
  }

  /** All traffic of the modem's own clients keeps the radio connection up. */
  #watched(internet: Internet): Internet {
    const touch = () => this.radio.traffic();
    return {
      ...internet,
      troubles: this.troubles,
      target(host, port) {
        touch();
        return internet.target(host, port);
      },
      delay: async (signal) => {
        touch();
        await this.congestion.over(signal);
        await internet.delay(signal);
      },
    };
  }
}

function immediate(work: () => void): () => void {
  const handle = nextTurn(work);
  return () => clearImmediate(handle);
}

/** Faces keep a process alive; a modem's timers don't. */
function timer(work: () => void, ms: number): () => void {
  const handle = setTimeout(work, ms);
  handle.unref();
  return () => clearTimeout(handle);
}
