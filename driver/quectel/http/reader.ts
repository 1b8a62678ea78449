import type { Channel } from "../../at/channel-types";
import { transferTime } from "../../at/clock";
import { quote, splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { commandWithResult } from "../../cellular/result-urc";
import { isModemError, ModemError } from "../../errors";
import type { HttpResponse } from "../../services/http/http";
import { hasNoBody, parseResponse } from "../../services/http/response";
import type { Deadline } from "../../services/waiting/deadline";
import { command } from "../commands";
import { numberedError, translated } from "../errors";
import type { QuectelFiles } from "../files/files";
import { bytesIn } from "../files/line-share";
import { TIMEOUTS } from "../timeouts";
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
const RESPONSE_FILE = "http-response.tmp";

/** What is read: which request it belongs to, and what its result URC said. */
export interface Reading {
  readonly operation: string;
  readonly answered: Answered;
  readonly deadline: Deadline;
  /** Called as soon as the response is complete, which may be well before the modem is done with it. */
  readonly onComplete: (response: HttpResponse) => void;
  readonly onProgress: RequestPlan["onProgress"];
}

/** QHTTPREAD and QHTTPREADFILE (guide 2.6, 2.7). */
export class ResponseReader {
  readonly #channel: Channel;
  readonly #files: QuectelFiles;
  /** A response may lie in the file from a time before this driver. */
  #leftover = true;

  constructor(channel: Channel, files: QuectelFiles) {
    this.#channel = channel;
    this.#files = files;
  }

  /**
   * A body may hold whatever ends QHTTPREAD: it is used when the length is known, and the response short. All others
   * go to a file, which is read by its size.
   */
  async read(reading: Reading): Promise<HttpResponse> {
    const { statusCode, length } = reading.answered;
    const known = hasNoBody(statusCode) ? 0 : length;
    if (known === undefined) return this.#readThroughFile(reading);
    const short = known <= bytesIn(this.#channel, LONGEST_HOLD_S);
    return short || !(await this.#fits(known)) ? this.#readInline(reading, known) : this.#readThroughFile(reading);
  }

  async #fits(length: number): Promise<boolean> {
    const free = await this.#files.free();
    return free === undefined || length + HEAD_LENGTH < free;
  }

  async #readInline({ operation, answered, deadline, onComplete }: Reading, length: number): Promise<HttpResponse> {
    const end = new ResponseEnd(length, (raw) => onComplete(finish(raw, answered, operation)));
    const wait = Math.min(LONGEST_GAP_S, deadline.seconds);
    const time =
      transferTime(length + HEAD_LENGTH, this.#channel.bytesPerSecond) + Math.max(deadline.remaining, wait * 1000);
    const reading = command("+QHTTPREAD=", [wait], {
      download: { length: end.find },
      timeout: time + wait * 1000 + TIMEOUTS.late,
      usual: wait * 1000 + TIMEOUTS.late,
    });
    const urc = this.#resultUrc("+QHTTPREAD:", operation, reading.label, TIMEOUTS.late);
    try {
      const { response } = await commandWithResult(this.#channel, reading, urc);
      if (response.damaged === true) throw damaged(operation, reading.label);
      return finish(response.data ?? Buffer.alloc(0), answered, operation);
    } catch (error) {
      throw incomplete(translated(error, operation), `${end.bodyBytes} of ${length} bytes of the body arrived`);
    }
  }

  async #readThroughFile({ operation, answered, deadline, onProgress }: Reading): Promise<HttpResponse> {
    if (this.#leftover) await this.#files.remove(RESPONSE_FILE).catch(() => undefined);
    this.#leftover = true;
    try {
      await this.#store(operation, answered, deadline);
      const raw = await this.#files.read(RESPONSE_FILE, { signal: deadline.signal, onProgress });
      return finish(raw, answered, operation);
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

  async #store(operation: string, { length }: Answered, deadline: Deadline): Promise<void> {
    const wait = Math.min(LONGEST_GAP_S, deadline.seconds);
    const file = quote(RESPONSE_FILE, { field: "filename", max: 80 });
    const storing = command("+QHTTPREADFILE=", [file, wait], { timeout: TIMEOUTS.file });
    const time = deadline.remaining + wait * 1000 + TIMEOUTS.late;
    try {
      const urc = this.#resultUrc("+QHTTPREADFILE:", operation, storing.label, time);
      await commandWithResult(this.#channel, storing, urc);
    } catch (error) {
      const stored = (await this.#files.size(RESPONSE_FILE).catch(() => undefined)) ?? 0;
      const announced = length === undefined ? "a body of unknown length" : `a body of ${length} bytes`;
      throw incomplete(
        translated(error, operation),
        `${stored} bytes of head and body arrived, ${announced} was announced`,
      );
    }
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

/** @throws {ModemError} `CONNECTION_CLOSED` when there is less body than announced */
function finish(raw: Buffer, { statusCode, length }: Answered, operation: string): HttpResponse {
  const response = parseResponse(raw);
  if (response === undefined) {
    const least = length ?? 0;
    if (raw.length < least) throw closedEarly(operation, raw.length, least);
    return { statusCode, headers: {}, body: raw };
  }
  const { headers, body, received, announced } = response;
  // Guide 3.2.1 prints two different lengths for one response: only less than both is too little.
  const expected = Math.min(announced ?? Number.POSITIVE_INFINITY, length ?? Number.POSITIVE_INFINITY);
  if (Number.isFinite(expected) && received < expected && !hasNoBody(response.statusCode)) {
    throw closedEarly(operation, received, expected);
  }
  return { statusCode: response.statusCode, headers, body };
}

function closedEarly(operation: string, received: number, expected: number): ModemError {
  const message = `${operation}: the server closed the connection after ${received} of ${expected} bytes of the body`;
  return new ModemError("CONNECTION_CLOSED", message);
}

function damaged(operation: string, command: string): ModemError {
  const errorText = "bytes were lost or added between modem and computer";
  const message = `${operation}: ${errorText}. Check cable, baud rate and flow control`;
  return new ModemError("MODEM_REJECTED", message, { command, errorText });
}

function incomplete(error: unknown, progress: string): unknown {
  return isModemError(error) ? new ModemError(error.code, `${error.message}; ${progress}`, error.cause) : error;
}
