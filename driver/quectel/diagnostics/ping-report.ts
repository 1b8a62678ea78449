import { type AnswerField, splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import type { ModemError } from "../../errors";
import type { PingReply, PingResult } from "../../services/diagnostics";
import { ERRORS } from "../error-tables";
import { numberedError } from "../errors";

/** The errors of one attempt; every other number ends the whole ping. */
const ATTEMPT_ERRORS = new Set([569]);
/** `+QPING: 0,<sent>,<received>,<lost>,<min>,<max>,<avg>`; a reply has five fields. */
const SUMMARY_FIELDS = 7;

/** Collects the `+QPING:` lines of one command (AT facts 2.1). */
export class PingReport {
  readonly #operation: string;
  readonly #command: string;
  readonly #count: number;
  readonly #replies: PingReply[] = [];

  constructor(operation: string, command: string, count: number) {
    this.#operation = operation;
    this.#command = command;
    this.#count = count;
  }

  /** Attempts reported so far. */
  get attempts(): number {
    return this.#replies.length;
  }

  /** Takes a URC; gives the result with the last one, or the error that ends the ping. */
  readonly match = (line: Line): PingResult | ModemError | undefined => {
    if (!line.text.startsWith("+QPING:")) return undefined;
    const fields = splitFields(line);
    const error = toInteger(fields[0]);
    if (fields.length >= SUMMARY_FIELDS) return this.result(sums(fields));
    const isNumber = !Number.isNaN(error);
    if (isNumber && error !== 0 && !ATTEMPT_ERRORS.has(error)) return this.#failure(error, line.text);
    const sequence = this.#replies.length + 1;
    const [size, rtt, ttl] = fields.slice(2).map(toInteger);
    if (error === 0 && size !== undefined && rtt !== undefined && ttl !== undefined && size + rtt + ttl >= 0) {
      this.#replies.push({ sequence, address: fields[1]?.text ?? "", size, rtt, ttl });
    } else {
      const damaged = "the modem reported a reply that can't be read";
      this.#replies.push({ sequence, error: ERRORS.get(error)?.text ?? damaged });
    }
    return undefined;
  };

  /** With the numbers of the last line, or by own reckoning where there is none that can be read. */
  result(summary?: number[]): PingResult {
    const times = this.#replies.flatMap((reply) => ("rtt" in reply ? [reply.rtt] : []));
    const [sent = 0, received = 0, , min = 0, max = 0, avg = 0] = summary ?? this.#sum(times);
    return { sent, received, replies: [...this.#replies], rtt: { min, avg, max } };
  }

  #sum(times: readonly number[]): number[] {
    const lost = this.#count - times.length;
    if (times.length === 0) return [this.#count, 0, lost];
    const average = Math.round(times.reduce((sum, time) => sum + time, 0) / times.length);
    return [this.#count, times.length, lost, Math.min(...times), Math.max(...times), average];
  }

  #failure(number: number, result: string): ModemError {
    return numberedError(number, { operation: this.#operation, command: this.#command, result });
  }
}

/** The numbers of the last line; undefined where it was damaged. */
function sums(fields: readonly AnswerField[]): number[] | undefined {
  const numbers = fields.slice(1).map(toInteger);
  return numbers.some(Number.isNaN) ? undefined : numbers;
}
