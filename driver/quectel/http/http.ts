import type { Channel } from "../../at/channel-types";
import { now } from "../../at/clock";
import { isModemError } from "../../errors";
import type { HttpRequest, HttpResponse, HttpService } from "../../services/http/http";
import { acquireBefore, Deadline } from "../../services/waiting/deadline";
import { Pool } from "../../services/waiting/pool";
import type { QuectelFiles } from "../files/files";
import { checkNetwork } from "../packet-data/diagnosis";
import type { QuectelPacketData } from "../packet-data/packet-data";
import { explainTls, mayBeHandshake } from "../security/diagnosis";
import type { QuectelSecurity, SslLease } from "../security/security";
import type { SocketNumbers } from "../sockets/numbers";
import type { QuectelTraits } from "../traits";
import { planRequest, type RequestPlan } from "./plan";
import { ResponseReader, Unproven } from "./reader";
import { BUSY, type Failed, type Outcome, RequestSender } from "./request";
import { HttpConfiguration } from "./settings";

/**
 * Errors after which guide 4.5 deactivates and activates the context: it is the network connection that failed. It also
 * is the only end that the modem has for a request of an earlier session that a silent server keeps waiting.
 */
const CONTEXT_FAILED = new Set([707, 709, 710, BUSY]);
/**
 * Errors that may be the server's as well: unknown, network busy, no socket, no connection. A new context costs every
 * socket on the old one, so they cost it only when nothing has shown for a while that the context works.
 */
const CONTEXT_SUSPECT = new Set([701, 706, 715, 716]);
/** ms for which a context counts as good after a response, and after it was activated anew. */
const CONTEXT_TRUST_MS = 600_000;
const DNS_FAILED = 714;
/** Numbers up to this one are 27.007's. */
const LAST_GENERAL = 399;

/** A request on its way. */
interface Work {
  readonly plan: RequestPlan;
  readonly deadline: Deadline;
  /** Over TLS only. */
  readonly lease: SslLease | undefined;
}

/** The modem's HTTP client: one request at a time, from QHTTPURL until the response is read. */
export class QuectelHttp implements HttpService {
  readonly #channel: Channel;
  readonly #packetData: QuectelPacketData;
  readonly #security: QuectelSecurity;
  readonly #numbers: SocketNumbers;
  readonly #model: QuectelTraits;
  readonly #turn: Pool<string>;
  readonly #configuration: HttpConfiguration;
  readonly #sender: RequestSender;
  readonly #reader: ResponseReader;
  /** When each context was last known to work. */
  readonly #goodAt = new Map<number, number>();

  constructor(
    channel: Channel,
    packetData: QuectelPacketData,
    files: QuectelFiles,
    security: QuectelSecurity,
    numbers: SocketNumbers,
    model: QuectelTraits,
  ) {
    this.#channel = channel;
    this.#packetData = packetData;
    this.#security = security;
    this.#numbers = numbers;
    this.#model = model;
    this.#turn = new Pool(["HTTP client"], { name: `HTTP clients of ${model.name}` });
    this.#configuration = new HttpConfiguration(channel);
    this.#sender = new RequestSender(channel, files, model);
    this.#reader = new ResponseReader(channel, files, model);
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const plan = planRequest(request, this.#model);
    const deadline = new Deadline(request.timeout, plan.operation, request.signal);
    const { remaining } = deadline;
    const waiting = acquireBefore({ remaining, signal: request.signal }, plan.operation);
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
    this.#goodAt.clear();
  }

  dispose(error: Error): void {
    this.#turn.close(error);
  }

  async #perform(
    plan: RequestPlan,
    deadline: Deadline,
    onComplete: (response: HttpResponse) => void,
  ): Promise<HttpResponse> {
    const waiting = acquireBefore(deadline, plan.operation);
    const lease = plan.tls === undefined ? undefined : await this.#security.acquire(plan.tls.ssl, waiting);
    const work = { plan, deadline, lease };
    try {
      return await this.#exchange(work, plan.verified, onComplete).catch((error: unknown) => {
        const isRepeatable = plan.method === "GET" || plan.method === "HEAD";
        if (!(error instanceof Unproven) || !isRepeatable) throw error;
        return this.#exchange(work, true, onComplete);
      });
    } catch (error) {
      lease?.release({ suspect: true });
      throw error;
    } finally {
      lease?.release();
    }
  }

  /** Sends the request and reads its response. */
  async #exchange(work: Work, verified: boolean, onComplete: (response: HttpResponse) => void): Promise<HttpResponse> {
    const { plan, deadline } = work;
    let outcome = await this.#attempt(work);
    if ("error" in outcome && (await this.#recover(outcome, work))) outcome = await this.#attempt(work);
    if ("error" in outcome) throw await this.#explain(outcome, work);
    deadline.signal.throwIfAborted();
    return this.#reader.read({ plan, answered: outcome, deadline, verified, onComplete });
  }

  async #attempt({ plan, deadline, lease }: Work): Promise<Outcome> {
    const { cid = this.#packetData.defaultCid, ownHead, contentType } = plan;
    await this.#packetData.require(cid);
    deadline.signal.throwIfAborted();
    await this.#configuration.apply({
      contextid: cid,
      requestheader: ownHead ? 1 : 0,
      responseheader: 1,
      contenttype: contentType,
      sslctxid: lease?.context,
    });
    const outcome = await this.#sender.send(plan, deadline);
    if (!("error" in outcome)) this.#goodAt.set(cid, now());
    return outcome;
  }

  /**
   * Chapter 4 of the guide: what to check, and when the context is to be activated again. True when the request may be
   * sent again; one that may have reached the server is not.
   */
  async #recover({ error, number, accepted }: Failed, { plan, deadline }: Work): Promise<boolean> {
    const { cid = this.#packetData.defaultCid, operation, tls } = plan;
    if (accepted || deadline.signal.aborted) return false;
    if (number === undefined || number <= LAST_GENERAL) {
      // Guide 4.1: a plain ERROR may mean that there is no SIM.
      if (isModemError(error, "MODEM_REJECTED"))
        await checkNetwork({ channel: this.#channel, model: this.#model }, operation);
      return false;
    }
    const noServer = number === DNS_FAILED && !(await this.#packetData.hasDnsServer(cid));
    // A handshake that fails says nothing of the context.
    const isSuspect = CONTEXT_SUSPECT.has(number) && tls === undefined && !this.#isTrusted(cid);
    if (!noServer && !CONTEXT_FAILED.has(number) && !isSuspect) return false;
    await this.#packetData.reactivate(cid);
    this.#goodAt.set(cid, now());
    return true;
  }

  /** Sockets and sessions that are open would be lost with the context, and it works for them. */
  #isTrusted(cid: number): boolean {
    if (this.#packetData.isHeld(cid)) return true;
    if (this.#numbers.available < this.#model.limits.sockets) return true;
    const goodAt = this.#goodAt.get(cid);
    return goodAt !== undefined && now() - goodAt < CONTEXT_TRUST_MS;
  }

  /** The error to report: over TLS a failed connection may be a failed handshake. */
  async #explain({ error, number }: Failed, { plan, deadline, lease }: Work): Promise<unknown> {
    const { tls, operation, cid = this.#packetData.defaultCid } = plan;
    if (tls === undefined || lease === undefined || deadline.signal.aborted || !isModemError(error)) return error;
    if (!mayBeHandshake(number)) return error;
    const server = { cid, host: tls.host, port: tls.port };
    const failed = { operation, error, number, server, plan: tls.ssl, lease, remaining: deadline.remaining };
    return explainTls({ channel: this.#channel, model: this.#model }, this.#numbers, failed);
  }
}
