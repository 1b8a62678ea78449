import { isIP, isIPv4 } from "node:net";
import { InternetError } from "../../internet/internet";
import { type PingOutcome, ping } from "../../internet/ping";
import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { incorrectParameters, notAllowed, plainError } from "../errors";
import { activeContext, defaultConnection, hasIPv4, reaches } from "../packet-data/data-connection";

const LONGEST_HOST = 255;

/** +UPING and +UDNSRN (guide 2.4). */
export const diagnosticCommands: readonly CommandDefinition[] = [
  {
    name: "+UPING",
    set: startPing,
    test: (call) => call.info("+UPING: ,(1-64),(4-1472),(10-60000),(1-255),(0-60000)"),
  },
  { name: "+UDNSRN", set: resolve, test: (call) => call.info("+UDNSRN: (0,1),,(0,1)") },
];

/** Codes of +UUPINGER; +UUDNSRN uses the one for an unknown name. */
const PING_ERRORS = { emptyHost: 7, unresolved: 8, noIPv4: 9, hostTooLong: 12, noConnection: 17 } as const;

interface PingRequest {
  readonly host: string;
  readonly attempts: number;
  /** bytes of an echo request */
  readonly size: number;
  /** ms */
  readonly timeout: number;
  readonly ttl: number;
  /** ms between a reply and the next request */
  readonly interval: number;
}

function startPing(call: Call, modem: Modem): void {
  expectCount(call, 1, 6);
  const request: PingRequest = {
    host: stringAt(call, 0, Number.MAX_SAFE_INTEGER),
    attempts: integerAt(call, 1, 1, 64, 4),
    size: integerAt(call, 2, 4, 1472, 32),
    timeout: integerAt(call, 3, 10, 60_000, 5000),
    ttl: integerAt(call, 4, 1, 255, 32),
    interval: integerAt(call, 5, 0, 60_000, 1000),
  };
  const running = modem.service("ublox.ping", () => ({ busy: false }));
  if (running.busy) throw notAllowed();
  running.busy = true;
  call.afterResult(() => {
    void new Ping(modem, request).run().finally(() => {
      running.busy = false;
    });
  });
}

/** One +UPING with its URCs: `+UUPING` for each attempt, or one `+UUPINGER`. */
class Ping {
  readonly #modem: Modem;
  readonly #request: PingRequest;
  readonly #power: AbortSignal;

  constructor(modem: Modem, request: PingRequest) {
    this.#modem = modem;
    this.#request = request;
    this.#power = modem.powerCycle;
  }

  async run(): Promise<void> {
    const address = await this.#address();
    if (this.#power.aborted) return;
    if (typeof address === "number") {
      this.#modem.urc(`+UUPINGER: ${address}`);
      return;
    }
    for (let attempt = 1; attempt <= this.#request.attempts; attempt += 1) {
      if (attempt > 1) await this.#pause();
      const outcome = await ping(this.#modem.internet, address, { ...this.#request, signal: this.#power }).catch(
        (): PingOutcome => ({ kind: "timeout" }),
      );
      if (this.#power.aborted) return;
      this.#print(attempt, address, outcome);
    }
  }

  /** The host's IPv4 address or a code of +UUPINGER. */
  async #address(): Promise<string | number> {
    const { host } = this.#request;
    if (host === "") return PING_ERRORS.emptyHost;
    if (host.length > LONGEST_HOST) return PING_ERRORS.hostTooLong;
    const context = activeContext(this.#modem);
    if (context === undefined) return PING_ERRORS.noConnection;
    // Guide 2.4.1: not supported on IPv6 contexts.
    if (!hasIPv4(context)) return PING_ERRORS.noIPv4;
    try {
      const found = await this.#modem.internet.resolve(host);
      return found.find((entry) => isIPv4(entry)) ?? PING_ERRORS.noIPv4;
    } catch {
      return PING_ERRORS.unresolved;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#modem.later(this.#request.interval, done);
      const power = this.#power;
      function done(): void {
        cancel();
        power.removeEventListener("abort", done);
        resolve();
      }
      power.addEventListener("abort", done, { once: true });
    });
  }

  #print(attempt: number, address: string, outcome: PingOutcome): void {
    const { host, size } = this.#request;
    this.#modem.urc(`+UUPING: ${attempt},${size},"${host}","${address}",${ttlAndTime(outcome)}`);
  }
}

/** The last two fields of +UUPING; without a reply, the time tells what went wrong (guide 2.4.1). */
function ttlAndTime(outcome: PingOutcome): string {
  if (outcome.kind === "reply") return `${outcome.ttl},${outcome.rtt}`;
  return outcome.kind === "timeout" ? "0,-1" : "0,-2";
}

const NAME_TO_ADDRESS = 0;
const BY_URC = 1;
const RESOLVED = 0;

interface Question {
  readonly direction: number;
  readonly subject: string;
}

/** Answers at once, or with OK and a URC if `<async>` says so. */
async function resolve(call: Call, modem: Modem): Promise<void> {
  expectCount(call, 2, 3);
  const direction = integerAt(call, 0, NAME_TO_ADDRESS, 1);
  const subject = stringAt(call, 1, LONGEST_HOST);
  const asynchronous = integerAt(call, 2, 0, BY_URC, 0) === BY_URC;
  if (subject === "" || (direction !== NAME_TO_ADDRESS && isIP(subject) === 0)) throw incorrectParameters();
  if (activeContext(modem) === undefined) throw notAllowed();
  if (asynchronous) {
    call.afterResult(() => answerLater(modem, { direction, subject }));
    return;
  }
  const answer = await answerTo(modem, { direction, subject });
  if (answer === undefined) throw plainError();
  call.info(`+UDNSRN: "${answer}"`);
}

async function answerLater(modem: Modem, question: Question): Promise<void> {
  const power = modem.powerCycle;
  const answer = await answerTo(modem, question);
  if (power.aborted) return;
  modem.urc(`+UUDNSRN: ${answer === undefined ? PING_ERRORS.unresolved : `${RESOLVED},"${answer}"`}`);
}

/** The address or the name; undefined if unknown. */
async function answerTo(modem: Modem, { direction, subject }: Question): Promise<string | undefined> {
  try {
    await modem.internet.delay(modem.powerCycle);
    return await (direction === NAME_TO_ADDRESS ? addressOf(modem, subject) : modem.internet.reverse(subject));
  } catch (error) {
    if (error instanceof InternetError) return undefined;
    throw error;
  }
}

async function addressOf(modem: Modem, name: string): Promise<string> {
  const found = await modem.internet.resolve(name);
  const usable = found.filter((entry) => reaches(modem, defaultConnection(modem).cid, entry));
  const address = usable.find((entry) => isIPv4(entry)) ?? usable[0] ?? found[0];
  if (address === undefined) throw new InternetError("dns", `${name} has no address`);
  return address;
}
