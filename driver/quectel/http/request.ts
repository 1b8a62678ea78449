import type { Channel } from "../../at/channel-types";
import { transferTime } from "../../at/clock";
import type { Command } from "../../at/command";
import { quote, splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { commandWithResult } from "../../cellular/result-urc";
import { isModemError, ModemError } from "../../errors";
import type { Deadline } from "../../services/waiting/deadline";
import { command } from "../commands";
import { errorNumber, numberedError, translated } from "../errors";
import type { QuectelFiles } from "../files/files";
import { bytesIn } from "../files/line-share";
import { LATE_MS, PROMPT_MS } from "../timeouts";
import type { QuectelTraits } from "../traits";
import { goesByGet, type RequestPlan } from "./plan";

/** A body that holds the line longer than this, in s, goes through a file, whose chunks let other commands through. */
const LONGEST_HOLD_S = 2;
/** s that the modem waits for the bytes that were announced, beside the time of the line. */
const INPUT_MARGIN_S = 10;
/** The same for the URL, whose 700 bytes take less than 1 s at the slowest rate. */
const URL_INPUT_S = 10;
const BODY_FILE = "http-request.tmp";
/** An earlier request still runs. */
export const BUSY = 703;
/** ms for which its end is awaited. */
const BUSY_PATIENCE_MS = 5_000;
/** Refusals that come before a connection exists: nothing of a body has left the modem. */
const BEFORE_CONNECT = new Set([703, 707, 714]);

/** The server answered: the response can be read. */
export interface Answered {
  /** Undefined where the modem left it out. */
  readonly statusCode: number | undefined;
  /** Bytes of the body, where the response has a Content-Length. */
  readonly length: number | undefined;
}

/** The request failed. */
export interface Failed {
  readonly error: unknown;
  readonly number: number | undefined;
  /** It may have reached the server, and is not one that may be repeated. */
  readonly accepted: boolean;
}

export type Outcome = Answered | Failed;

/** QHTTPURL, then QHTTPGET, QHTTPPOST or QHTTPPOSTFILE, then the result URC (guide 2.2 to 2.5). */
export class RequestSender {
  readonly #channel: Channel;
  readonly #files: QuectelFiles;
  readonly #model: QuectelTraits;

  constructor(channel: Channel, files: QuectelFiles, model: QuectelTraits) {
    this.#channel = channel;
    this.#files = files;
    this.#model = model;
  }

  async send(plan: RequestPlan, deadline: Deadline): Promise<Outcome> {
    const throughFile = await this.#needsFile(plan);
    deadline.signal.throwIfAborted();
    try {
      if (throughFile) await this.#files.write(BODY_FILE, plan.payload, { signal: deadline.signal });
      const refused = await this.#refusal(() => this.#sendUrl(plan), plan, deadline);
      if (refused !== undefined) return refused;
      deadline.signal.throwIfAborted();
      return await this.#request(plan, deadline, throughFile);
    } finally {
      // A file that stays behind is replaced by the next request's; the request itself is done.
      if (throughFile) await this.#files.remove(BODY_FILE).catch(() => undefined);
    }
  }

  /** @throws {ModemError} `INVALID_INPUT` when neither the line nor a file can take the body */
  async #needsFile({ method, payload, operation }: RequestPlan): Promise<boolean> {
    const { name, limits } = this.#model;
    const most = limits.http.post;
    if (goesByGet(method) || payload.length <= Math.min(most, bytesIn(this.#channel, LONGEST_HOLD_S))) return false;
    const free = await this.#files.free();
    if (free === undefined || payload.length < free) return true;
    if (payload.length <= most) return false;
    const room = `${name} takes ${most} from the line and its files have ${free} left`;
    throw new ModemError("INVALID_INPUT", `${operation}: head and body have ${payload.length} bytes, ${room}`);
  }

  async #sendUrl({ url }: RequestPlan): Promise<void> {
    await this.#channel.send(
      command("+QHTTPURL=", [url.length, URL_INPUT_S], {
        upload: { prompt: "CONNECT", data: Buffer.from(url, "latin1") },
        timeout: URL_INPUT_S * 1000 + LATE_MS,
      }),
    );
  }

  async #request(plan: RequestPlan, deadline: Deadline, throughFile: boolean): Promise<Outcome> {
    let answered = false;
    const report = { operation: plan.operation, command: "" };
    const work = async (): Promise<Answered> => {
      const { name, order } = this.#order(plan, deadline.seconds, throughFile);
      report.command = order.label;
      const match = (line: Line): Answered | ModemError | undefined => {
        if (!line.text.startsWith(`${name}:`)) return undefined;
        answered = true;
        return parseOutcome(line, report);
      };
      const timeout = deadline.seconds * 1000 + LATE_MS;
      const wait = { match, timeout, operation: `${plan.operation}: waiting for the server's response` };
      const { result } = await commandWithResult(this.#channel, order, wait);
      return result;
    };
    try {
      return await this.#unlessBusy(work, deadline);
    } catch (error) {
      const number = numberOf(error);
      const unsent = !answered && number !== undefined && BEFORE_CONNECT.has(number);
      return failed(error, plan, !goesByGet(plan.method) && !unsent);
    }
  }

  #order(
    { method, payload, ownHead, tls }: RequestPlan,
    seconds: number,
    throughFile: boolean,
  ): { name: string; order: Command } {
    const handshake = (tls?.ssl.negotiatetime ?? 0) * 1000;
    const timeout = this.#model.timeouts.httpConnect + handshake + LATE_MS;
    if (throughFile) {
      const file = quote(BODY_FILE, { field: "filename", max: 80 });
      return { name: "+QHTTPPOSTFILE", order: command("+QHTTPPOSTFILE=", [file, seconds], { timeout }) };
    }
    if (method === "GET" && !ownHead) {
      return { name: "+QHTTPGET", order: command("+QHTTPGET=", [seconds]) };
    }
    const time = transferTime(payload.length, this.#channel.bytesPerSecond);
    const input = Math.min(65_535, INPUT_MARGIN_S + Math.ceil(time / 1000));
    const promptTime = seconds * 1000 + PROMPT_MS;
    const upload = { prompt: "CONNECT", data: payload, promptTime } as const;
    const options = { upload, timeout: timeout + input * 1000 };
    return goesByGet(method)
      ? { name: "+QHTTPGET", order: command("+QHTTPGET=", [seconds, payload.length, input], options) }
      : { name: "+QHTTPPOST", order: command("+QHTTPPOST=", [payload.length, input, seconds], options) };
  }

  async #refusal(work: () => Promise<void>, plan: RequestPlan, deadline: Deadline): Promise<Failed | undefined> {
    try {
      await this.#unlessBusy(work, deadline);
      return undefined;
    } catch (error) {
      return failed(error, plan, false);
    }
  }

  /**
   * 703 says that an earlier request still runs, of a time before this session, as there is one at a time: its result
   * URC is awaited, then `work` is done once more. One that does not end for long is the caller's to cut off.
   */
  async #unlessBusy<T>(work: () => Promise<T>, deadline: Deadline): Promise<T> {
    const operation = "Waiting for an earlier HTTP request to end";
    const idle = this.#channel.waitForUrc((line) => (RESULT.test(line.text) ? true : undefined), {
      timeout: BUSY_PATIENCE_MS,
      operation,
      signal: deadline.signal,
    });
    // The end of `work` is what counts as long as the modem is not busy.
    idle.promise.catch(() => undefined);
    try {
      return await work();
    } catch (error) {
      if (errorNumber(error) !== BUSY) throw error;
      idle.start();
      if ((await idle.promise.catch(() => undefined)) === undefined) {
        deadline.signal.throwIfAborted();
        throw error;
      }
      return await work();
    } finally {
      idle.cancel();
    }
  }
}

const RESULT = /^\+QHTTP(?:GET|POST|POSTFILE|READ|READFILE):/;

function parseOutcome(line: Line, report: { operation: string; command: string }): Answered | ModemError {
  const [error, statusCode, length] = splitFields(line);
  const number = toInteger(error);
  if (number !== 0) return numberedError(number, { ...report, result: line.text });
  const bytes = toInteger(length);
  const code = (statusCode?.text ?? "") === "" ? undefined : toInteger(statusCode);
  return { statusCode: code, length: bytes >= 0 ? bytes : undefined };
}

function failed(error: unknown, { operation }: RequestPlan, accepted: boolean): Failed {
  return { error: translated(error, operation), number: numberOf(error), accepted };
}

function numberOf(error: unknown): number | undefined {
  return isModemError(error) ? error.cause?.errorCode : undefined;
}
