import type { Channel } from "../at/channel-types";
import { Priority } from "../at/command";
import { splitFields, toInteger } from "../at/fields";
import type { Line } from "../at/line";
import { ModemError } from "../errors";
import type { RegistrationState } from "../modem-types";
import { command, query, trySend, unlessRejected } from "./commands";
import { isDigits, isRegistrationAnswer } from "./registration-answer";
import { technologyName } from "./technology";

/** Circuit-switched, GPRS and EPS: each has a state of its own, and each may lag behind the others. */
const DOMAINS = ["+CREG", "+CGREG", "+CEREG"] as const;
type Domain = (typeof DOMAINS)[number];

/** <stat> of 27.007 7.2 and 10.1.20. SMS-only and emergency-only service carries no data. */
const STATES: readonly RegistrationState[] = [
  "none",
  "home",
  "searching",
  "denied",
  "unknown",
  "roaming",
  "denied",
  "denied",
  "denied",
  "home",
  "roaming",
];

/** Which state speaks for the modem when the domains differ: the first of these that one of them has. */
const PRECEDENCE: readonly RegistrationState[] = ["home", "roaming", "denied", "searching", "unknown", "none"];

/** What one line of +CREG, +CGREG or +CEREG says. */
export interface DomainRegistration {
  readonly state: RegistrationState;
  /** Empty where the line doesn't tell. */
  readonly technology: string;
  /** <n>, the reporting mode: only an answer has it. */
  readonly mode?: number;
}

/** Registration over all domains. */
export interface CombinedRegistration {
  readonly state: RegistrationState;
  readonly technology: string;
}

/** Whether data can be had. */
export function isRegistered({ state }: { state: RegistrationState }): boolean {
  return state === "home" || state === "roaming";
}

/** Reads a line of either shape: some modems answer +CREG? in the shape of the URC. undefined for one without a state. */
export function parseRegistration(line: Line): DomainRegistration | undefined {
  const answer = isRegistrationAnswer(line);
  const fields = splitFields(line);
  const [stat, ...rest] = answer ? fields.slice(1) : fields;
  const state = STATES[toInteger(stat)];
  if (state === undefined) return undefined;
  // <tac> and <ci> are quoted, some modems add one more before <AcT>, and any of them may be empty.
  const act = isRegistered({ state }) ? rest.slice(0, 4).find(isDigits) : undefined;
  const technology = technologyName(toInteger(act));
  return answer ? { state, technology, mode: toInteger(fields[0]) } : { state, technology };
}

/** Follows the registration of a modem in every domain that it has. */
export class RegistrationWatch {
  readonly #channel: Channel;
  readonly #states = new Map<Domain, DomainRegistration>();
  readonly #stops: (() => void)[] = [];
  readonly #onChange: (registration: CombinedRegistration) => void;
  #last = "";
  /** Whether the modem's answers tell the reporting mode, so that a mode that is off means something. */
  #tellsMode = false;

  constructor(channel: Channel, onChange: (registration: CombinedRegistration) => void) {
    this.#channel = channel;
    this.#onChange = onChange;
  }

  get current(): CombinedRegistration {
    const states = [...this.#states.values()];
    const state = PRECEDENCE.find((candidate) => states.some((domain) => domain.state === candidate)) ?? "none";
    // EPS tells most; the others follow in the reverse order of DOMAINS.
    const telling = [...DOMAINS].reverse().map((domain) => this.#states.get(domain));
    const technology = telling.find((domain) => domain?.state === state && domain.technology !== "")?.technology ?? "";
    return { state, technology };
  }

  /**
   * Turns the reports on, with the cell (mode 2), and reads the states.
   *
   * @throws {ModemError} `MODEM_REJECTED` when the modem knows none of the domains
   */
  async start(): Promise<void> {
    for (const domain of DOMAINS)
      this.#stops.push(this.#channel.onUrc(`${domain}:`, (line) => this.#take(domain, line)));
    const known: Domain[] = [];
    for (const domain of DOMAINS) {
      if (await trySend(this.#channel, command(`${domain}=`, [2]))) known.push(domain);
    }
    if (known.length === 0) {
      throw new ModemError("MODEM_REJECTED", "The modem reports its registration in no domain (+CREG, +CGREG, +CEREG)");
    }
    for (const domain of known) {
      const mode = await this.#read(domain);
      if (mode !== undefined && mode > 0) this.#tellsMode = true;
    }
  }

  /**
   * Reads the states again.
   *
   * @returns whether the modem still reports by itself: reports that are off again mean that it has rebooted
   */
  async refresh(priority = Priority.Background): Promise<boolean> {
    const modes: (number | undefined)[] = [];
    for (const domain of this.#states.keys()) modes.push(await this.#read(domain, priority));
    return !this.#tellsMode || modes.some((mode) => mode !== 0);
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** The mode of the answer, where it has one. */
  async #read(domain: Domain, priority = Priority.Background): Promise<number | undefined> {
    const expects = [{ prefix: `${domain}:`, accepts: isRegistrationAnswer }];
    const question = query(`${domain}?`, [], { expects, priority });
    const response = await unlessRejected(this.#channel.send(question));
    for (const line of response?.lines ?? []) this.#take(domain, line);
    const [line] = response?.lines ?? [];
    return line === undefined ? undefined : parseRegistration(line)?.mode;
  }

  #take(domain: Domain, line: Line): void {
    const parsed = parseRegistration(line);
    if (parsed === undefined) return;
    this.#states.set(domain, parsed);
    const { state, technology } = this.current;
    const key = `${state} ${technology}`;
    if (key === this.#last) return;
    this.#last = key;
    this.#onChange(this.current);
  }
}
