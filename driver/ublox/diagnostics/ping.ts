import type { Channel } from "../../at/channel-types";
import { type Field, integer, quote, splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { commandWithResult } from "../../cellular/result-urc";
import { inSeconds, isModemError, ModemError } from "../../errors";
import type { PingOptions, PingReply, PingResult } from "../../services/diagnostics";
import { command } from "../commands";
import { PING_ERRORS } from "../error-tables";
import type { UbloxTraits } from "../traits";

/** Defaults and ranges of +UPING; the guide prints the first two defaults (2.4.1), the rest is the sister modems'. */
const DEFAULTS = { count: 4, size: 32, timeout: 5000, ttl: 32, interval: 1000 } as const;

/** Time for the resolution of the name, which goes before the first attempt, in ms. */
const NAME_TIMEOUT_MS = 60_000;

interface PingPlan {
  readonly host: string;
  readonly address: Field;
  readonly count: number;
  readonly size: number;
  readonly timeout: number;
  readonly ttl: number;
}

/** @throws {ModemError} `INVALID_INPUT` naming the option */
export function planPing(host: string, options: PingOptions): PingPlan {
  if (host === "") throw new ModemError("INVALID_INPUT", "host is empty");
  const count = integer(options.count ?? DEFAULTS.count, { field: "count", min: 1, max: 64 });
  const size = integer(options.size ?? DEFAULTS.size, { field: "size", min: 4, max: 1472 });
  const timeout = integer(options.timeout ?? DEFAULTS.timeout, { field: "timeout", min: 10, max: 60_000 });
  const ttl = integer(options.ttl ?? DEFAULTS.ttl, { field: "ttl", min: 1, max: 255 });
  return { host, address: quote(host, { field: "host", max: 255 }), count, size, timeout, ttl };
}

/** Sends +UPING and collects a reply for every attempt. */
export async function runPing(
  channel: Channel,
  plan: PingPlan,
  options: PingOptions,
  model: UbloxTraits,
): Promise<PingResult> {
  options.signal?.throwIfAborted();
  const replies: PingReply[] = [];
  const urc = {
    match: (line: Line) => collect(line, plan, replies),
    timeout: NAME_TIMEOUT_MS + plan.count * (plan.timeout + DEFAULTS.interval),
    operation: `ping ${plan.host}`,
    evenUnanswered: true,
  };
  await commandWithResult(channel, pingCommand(plan, options, model), urc).catch((error: unknown) => {
    // A lost line of several is a lost reply; that none came at all is a fault.
    if (!isModemError(error, "MODEM_TIMEOUT") || replies.length === 0) throw error;
  });
  return summarise(replies);
}

/**
 * What the caller leaves out is left out of the line, as the guide does. No signal: who leaves while the modem accepts
 * it would leave its replies to the next ping.
 */
function pingCommand(plan: PingPlan, options: PingOptions, { timeouts }: UbloxTraits): ReturnType<typeof command> {
  const { count, size, timeout, ttl } = options;
  const plain = [count, size, timeout, ttl].every((option) => option === undefined);
  const parameters = plain ? [] : [plan.count, plan.size, plan.timeout, plan.ttl, DEFAULTS.interval];
  return command("+UPING=", [plan.address, ...parameters], { timeout: timeouts.start });
}

/** <rtt> of an attempt that failed (guide 2.4.1). */
const NO_REPLY = -1;
const TTL_TOO_LOW = -2;

const COMPLETE = "complete";
type End = typeof COMPLETE | ModemError;

/** Takes a line in; defined when it is the last. */
function collect(line: Line, plan: PingPlan, replies: PingReply[]): End | undefined {
  if (line.text.startsWith("+UUPINGER:")) return fail(line, plan, replies);
  if (!line.text.startsWith("+UUPING:")) return undefined;
  const [first, size, , address, ttl, rtt] = splitFields(line);
  const sequence = toInteger(first);
  // Damaged on the line: it does not tell which attempt it belongs to, or whether that is the last.
  if (!(sequence >= 1 && sequence <= plan.count)) return undefined;
  // Some networks say that a host can't be reached by "time exceeded", behind a first attempt without a reply (guide 2.4.1).
  const isUnreachable = toInteger(rtt) === TTL_TOO_LOW && replies.length > 0;
  if (isUnreachable) replies.push({ sequence, error: "the network reports that the host is unreachable" });
  else replies.push(reply(sequence, toInteger(size), address?.text ?? "", toInteger(ttl), toInteger(rtt), plan));
  return sequence === plan.count ? COMPLETE : undefined;
}

function reply(sequence: number, size: number, address: string, ttl: number, rtt: number, plan: PingPlan): PingReply {
  if (rtt === NO_REPLY) return { sequence, error: `no reply within ${inSeconds(plan.timeout)}` };
  if (rtt === TTL_TOO_LOW) return { sequence, error: `the TTL of ${plan.ttl} is too low to reach the host` };
  if (!(rtt >= 0)) return { sequence, error: "the modem reported a reply that can't be read" };
  return { sequence, address, rtt, ttl, size };
}

/** An error before the first reply is the operation's; after one it is that attempt's. */
function fail(line: Line, plan: PingPlan, replies: PingReply[]): End {
  const errorCode = toInteger(splitFields(line)[0]);
  const { code, text } = PING_ERRORS.get(errorCode) ?? { code: "MODEM_REJECTED", text: `unknown error ${errorCode}` };
  if (replies.length === 0) {
    return new ModemError(code, `Ping of ${plan.host} failed: ${text} (+UUPINGER: ${errorCode})`, {
      command: "+UPING",
      result: line.text,
      errorCode,
      errorText: text,
    });
  }
  replies.push({ sequence: replies.length + 1, error: text });
  return COMPLETE;
}

function summarise(replies: readonly PingReply[]): PingResult {
  const times = replies.flatMap((each) => ("rtt" in each ? [each.rtt] : []));
  const total = times.reduce((sum, time) => sum + time, 0);
  return {
    sent: Math.max(...replies.map(({ sequence }) => sequence)),
    received: times.length,
    replies,
    rtt:
      times.length === 0
        ? { min: 0, avg: 0, max: 0 }
        : { min: Math.min(...times), avg: total / times.length, max: Math.max(...times) },
  };
}
