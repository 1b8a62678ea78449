import type { Channel } from "../../at/channel-types";
import { transferTime } from "../../at/clock";
import { quote, splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { commandWithResult } from "../../cellular/result-urc";
import { isModemError, ModemError } from "../../errors";
import type { HttpResponse } from "../../services/http/http";
import { hasNoBody, readResponse } from "../../services/http/response";
import type { Deadline } from "../../services/waiting/deadline";
import { command } from "../commands";
import { numberedError, translated } from "../errors";
import type { QuectelFiles } from "../files/files";
import { bytesIn } from "../files/line-share";
import { LATE_MS } from "../timeouts";
import type { QuectelTraits } from "../traits";
import type { RequestPlan } from "./plan";
import type { Answered } from "./request";
import { ResponseEnd } from "./response-end";

/** A response that holds the line at most so many s is read directly. */
const LONGEST_HOLD_S = 1;
/** Room for the head, which the length in the URC does not count. */
const HEAD_LENGTH = 8_192;
/**
 * Longest gap between two packets, in s. Some firmware waits that long for a kept connection to close although the
 * body is complete (AT facts 5), so it is not the whole time that the request may take.
 */
const LONGEST_GAP_S = 30;
/** The same where nothing is waited for: the answer to HEAD is all there when the result URC comes. */
const HEAD_GAP_S = 5;
/** ms that OK may be late behind the URC that follows it. */
const OK_LATE_MS = 500;
const RESPONSE_FILE = "http-response.tmp";

/** What is read: which request it belongs to, and what its result URC said. */
export interface Reading {
  readonly plan: RequestPlan;
  readonly answered: Answered;
  readonly deadline: Deadline;
  /** Through a file, since that has a checksum. */
  readonly verified: boolean;
  /** Called as soon as the response is complete, which may be well before the modem is done with it. */
  readonly onComplete: (response: HttpResponse) => void;
}

/** The response that the line carried may be right, but only a checksum could tell. */
export class Unproven extends ModemError {}

/** QHTTPREAD and QHTTPREADFILE (guide 2.6, 2.7). */
export class ResponseReader {
  readonly #channel: Channel;
  readonly #files: QuectelFiles;
  readonly #model: QuectelTraits;
  /** A response may lie in the file from a time before this driver. */
  #leftover = true;

  constructor(channel: Channel, files: QuectelFiles, model: QuectelTraits) {
    this.#channel = channel;
    this.#files = files;
    this.#model = model;
  }

  /**
   * A body may hold whatever ends QHTTPREAD: it is used when the length is known, and the response short. All others
   * go to a file, which is read by its size.
   *
   * @throws {ModemError} `Unproven` where another try through a file may do
   */
  async read(reading: Reading): Promise<HttpResponse> {
    const { answered, plan, verified } = reading;
    const isEmpty = plan.method === "HEAD" || (answered.statusCode !== undefined && hasNoBody(answered.statusCode));
    const known = isEmpty ? 0 : answered.length;
    if (verified || known === undefined) return this.#readThroughFile(reading);
    const short = known <= bytesIn(this.#channel, LONGEST_HOLD_S);
    return short || !(await this.#fits(known)) ? this.#readInline(reading, known) : this.#readThroughFile(reading);
  }

  async #fits(length: number): Promise<boolean> {
    const free = await this.#files.free();
    return free === undefined || length + HEAD_LENGTH < free;
  }

  async #readInline(reading: Reading, length: number): Promise<HttpResponse> {
    const { plan, deadline, onComplete } = reading;
    const { operation } = plan;
    const announced = { length, headOnly: plan.method === "HEAD" };
    const end = new ResponseEnd(announced, (raw) => {
      try {
        onComplete(this.#finish(raw, reading));
      } catch {
        // It is thrown once more when the modem is done.
      }
    });
    const wait = longestGap(reading);
    const time =
      transferTime(length + HEAD_LENGTH, this.#channel.bytesPerSecond) + Math.max(deadline.remaining, wait * 1000);
    const left = new AbortController();
    const reader = command("+QHTTPREAD=", [wait], {
      download: { length: end.find },
      timeout: time + wait * 1000 + LATE_MS,
      usual: wait * 1000 + LATE_MS,
      signal: left.signal,
    });
    const urc = this.#resultUrc("+QHTTPREAD:", operation, reader.label, LATE_MS);
    let lost: NodeJS.Timeout | undefined;
    const match = (line: Line): ReturnType<typeof urc.match> => {
      const result = urc.match(line);
      // It comes behind OK: where that has not come it was lost, and the line need not wait as long as for data.
      if (result !== undefined) lost = setTimeout(() => left.abort(damaged(operation, reader.label)), OK_LATE_MS);
      return result;
    };
    try {
      const { response } = await commandWithResult(this.#channel, reader, { ...urc, match });
      const isDamaged = response.damaged === true || end.condition === "damaged";
      if (isDamaged && end.hasHead) throw damaged(operation, reader.label);
      if (end.condition === "unproven") throw unproven(operation, reader.label);
      return this.#finish(response.data ?? Buffer.alloc(0), reading);
    } catch (error) {
      if (error instanceof Unproven) throw error;
      throw incomplete(translated(error, operation), `${end.bodyBytes} of ${length} bytes of the body arrived`);
    } finally {
      clearTimeout(lost);
    }
  }

  async #readThroughFile(reading: Reading): Promise<HttpResponse> {
    const { deadline, plan, verified } = reading;
    const options = { signal: deadline.signal, onProgress: plan.onProgress, verified };
    if (this.#leftover) await this.#files.remove(RESPONSE_FILE).catch(() => undefined);
    this.#leftover = true;
    try {
      await this.#store(reading);
      return this.#finish(await this.#files.read(RESPONSE_FILE, options), reading);
    } finally {
      await this.#files.remove(RESPONSE_FILE).then(
        () => {
          this.#leftover = false;
        },
        // It is tried again before the next response; this request is done.
        () => undefined,
      );
    }
  }

  async #store(reading: Reading): Promise<void> {
    const { answered, deadline, plan } = reading;
    const { operation } = plan;
    const { length } = answered;
    const wait = longestGap(reading);
    const file = quote(RESPONSE_FILE, { field: "filename", max: 80 });
    const storing = command("+QHTTPREADFILE=", [file, wait], { timeout: this.#model.timeouts.file });
    const time = deadline.remaining + wait * 1000 + LATE_MS;
    try {
      const urc = this.#resultUrc("+QHTTPREADFILE:", operation, storing.label, time);
      await commandWithResult(this.#channel, storing, urc);
    } catch (error) {
      // The server has sent all when it closes behind the head; the modem waits for a body.
      if (plan.method === "HEAD" && isModemError(error, "CONNECTION_CLOSED")) return;
      const stored = (await this.#files.size(RESPONSE_FILE).catch(() => undefined)) ?? 0;
      const announced = length === undefined ? "a body of unknown length" : `a body of ${length} bytes`;
      throw incomplete(
        translated(error, operation),
        `${stored} bytes of head and body arrived, ${announced} was announced`,
      );
    }
  }

  /** @throws {ModemError} where it isn't whole, or says something else than the result URC */
  #finish(raw: Buffer, { answered, plan: { operation, method } }: Reading): HttpResponse {
    return readResponse(raw, { operation, method, ...answered });
  }

  #resultUrc(prefix: string, operation: string, command: string, timeout: number) {
    const match = (line: Line): true | ModemError | undefined => {
      if (!line.text.startsWith(prefix)) return undefined;
      const number = toInteger(splitFields(line)[0]);
      return number === 0 ? true : numberedError(number, { operation, command, result: line.text });
    };
    return { match, timeout, operation: `${operation}: reading the response` };
  }
}

function longestGap({ plan, deadline }: Reading): number {
  return Math.min(plan.method === "HEAD" ? HEAD_GAP_S : LONGEST_GAP_S, deadline.seconds);
}

function unproven(operation: string, command: string): ModemError {
  const text = "what came may be the whole body or not, since the modem's count of its bytes can't prove it";
  return new Unproven("MODEM_REJECTED", `${operation}: ${text}. Have it verified`, { command, errorText: text });
}

function damaged(operation: string, command: string): ModemError {
  const errorText = "bytes were lost or added between modem and computer";
  const message = `${operation}: ${errorText}. Check cable, baud rate and flow control`;
  return new ModemError("MODEM_REJECTED", message, { command, errorText });
}

function incomplete(error: unknown, progress: string): unknown {
  return isModemError(error) ? new ModemError(error.code, `${error.message}; ${progress}`, error.cause) : error;
}
