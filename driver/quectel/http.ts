import type { Channel } from "../at/channel-types";
import { isModemError } from "../errors";
import { Deadline } from "../services/deadline";
import type { HttpRequest, HttpResponse, HttpService } from "../services/http";
import { Pool } from "../services/resources";
import { checkNetwork } from "./activation-diagnosis";
import type { QuectelFiles } from "./files";
import { planRequest, type RequestPlan } from "./http-plan";
import { ResponseReader } from "./http-read";
import { BUSY, type Failed, type Outcome, RequestSender } from "./http-request";
import { HttpConfiguration } from "./http-settings";
import type { QuectelPacketData } from "./packet-data";

/**
 * Errors after which guide 4.5 deactivates and activates the context: it is the network connection that failed. It also
 * is the only end that BG96 has for a request of an earlier session that a silent server keeps waiting.
 */
const CONTEXT_FAILED = new Set([707, 709, 710, BUSY]);
const DNS_FAILED = 714;
/** Numbers up to this one are 27.007's. */
const LAST_GENERAL = 399;

/** BG96's HTTP client: one request at a time, from QHTTPURL until the response is read. */
export class QuectelHttp implements HttpService {
  readonly #channel: Channel;
  readonly #packetData: QuectelPacketData;
  readonly #turn = new Pool(["HTTP client"], { name: "HTTP clients of BG96" });
  readonly #configuration: HttpConfiguration;
  readonly #sender: RequestSender;
  readonly #reader: ResponseReader;

  constructor(channel: Channel, packetData: QuectelPacketData, files: QuectelFiles) {
    this.#channel = channel;
    this.#packetData = packetData;
    this.#configuration = new HttpConfiguration(channel);
    this.#sender = new RequestSender(channel, files);
    this.#reader = new ResponseReader(channel, files);
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const plan = planRequest(request);
    const deadline = new Deadline(request.timeout, plan.label, request.signal);
    const waiting = { timeout: deadline.remaining, signal: request.signal, owner: plan.label };
    const turn = await this.#turn.acquire(waiting).catch((error: unknown) => {
      deadline.clear();
      throw error;
    });
    // The caller may leave at the deadline, or have the response before the modem is done; the turn ends with the modem.
    const answer = new Promise<HttpResponse>((resolve, reject) => {
      void this.#perform(plan, deadline, resolve)
        .then(resolve, reject)
        .finally(() => this.#turn.release(turn));
    });
    return deadline.race(answer);
  }

  /** The modem forgot its settings. */
  reset(): void {
    this.#configuration.reset();
  }

  dispose(error: Error): void {
    this.#turn.close(error);
  }

  async #perform(
    plan: RequestPlan,
    deadline: Deadline,
    onComplete: (response: HttpResponse) => void,
  ): Promise<HttpResponse> {
    let outcome = await this.#attempt(plan, deadline);
    if ("error" in outcome && (await this.#mend(outcome, plan, deadline)))
      outcome = await this.#attempt(plan, deadline);
    if ("error" in outcome) throw outcome.error;
    deadline.signal.throwIfAborted();
    return this.#reader.read({
      label: plan.label,
      answered: outcome,
      deadline,
      onComplete,
      onProgress: plan.onProgress,
    });
  }

  async #attempt(plan: RequestPlan, deadline: Deadline): Promise<Outcome> {
    const { cid = this.#packetData.defaultCid, ownHead, contentType } = plan;
    await this.#packetData.require(cid);
    deadline.signal.throwIfAborted();
    await this.#configuration.apply({
      contextid: cid,
      requestheader: ownHead ? 1 : 0,
      responseheader: 1,
      contenttype: contentType,
    });
    return this.#sender.send(plan, deadline);
  }

  /**
   * Chapter 4 of the guide: what to check, and when the context is to be activated anew. True when the request may be
   * sent again; one that may have reached the server is not.
   */
  async #mend(
    { error, number, accepted }: Failed,
    { cid = this.#packetData.defaultCid, label }: RequestPlan,
    deadline: Deadline,
  ): Promise<boolean> {
    if (accepted || deadline.signal.aborted) return false;
    if (number === undefined || number <= LAST_GENERAL) {
      // Guide 4.1: a plain ERROR may mean that there is no SIM.
      if (isModemError(error, "MODEM_REJECTED")) await checkNetwork(this.#channel, label);
      return false;
    }
    const noServer = number === DNS_FAILED && !(await this.#packetData.hasDnsServer(cid));
    if (!noServer && !CONTEXT_FAILED.has(number)) return false;
    await this.#packetData.reactivate(cid);
    return true;
  }
}
