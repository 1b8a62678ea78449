import type { Channel } from "../at/channel-types";
import { delay } from "../delay";
import { isModemError, ModemError } from "../errors";
import type { HttpRequest, HttpResponse, HttpService } from "../services/http";
import { Pool } from "../services/resources";
import type { UbloxFiles } from "./files";
import { httpError, isInProgress } from "./http-errors";
import { HttpProfile } from "./http-profile";
import { planRequest, type RequestPlan } from "./http-request";
import { readResponseFile } from "./http-response";
import { unlessAborted } from "./unless-aborted";

const PROFILES = [0, 1, 2, 3] as const;
/** ms between two tries of a command that the profile's last one still blocks. */
const RETRY_PAUSE = 1000;
/** ms that the module may need beyond the request's own limit until it reports a result. */
const RESULT_GRACE = 30_000;

/** HTTP by +UHTTP and +UHTTPC (guide 10): up to four requests side by side, one a profile. */
export class UbloxHttp implements HttpService {
  readonly #channel: Channel;
  readonly #files: UbloxFiles;
  readonly #profiles: Pool<HttpProfile>;
  readonly #disposed = new AbortController();

  constructor(channel: Channel, files: UbloxFiles) {
    this.#channel = channel;
    this.#files = files;
    const profiles = PROFILES.map((number) => new HttpProfile(number, channel, files));
    this.#profiles = new Pool(profiles, { name: "HTTP profiles" });
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const plan = planRequest(request);
    const limit = new RequestLimit(request, plan.title, this.#disposed.signal);
    try {
      const profile = await this.#profiles.acquire({
        timeout: limit.remaining,
        signal: limit.interrupted,
        owner: plan.title,
      });
      const work = this.#perform(profile, plan, limit);
      const released = work.then(ignore, ignore).then(() => this.#putBack(profile));
      const response = await unlessAborted(work, limit.signal);
      await unlessAborted(released, limit.signal).catch(ignore);
      return response;
    } finally {
      limit.end();
    }
  }

  dispose(error: Error): void {
    this.#profiles.close(error);
    this.#disposed.abort(error);
  }

  /** Goes on behind a caller who has given up until the module is done: only then may another use the profile. */
  async #perform(profile: HttpProfile, plan: RequestPlan, limit: RequestLimit): Promise<HttpResponse> {
    const { signal } = limit;
    await profile.clean();
    await profile.configure(plan, limit.remaining, signal);
    await profile.upload(plan.body, signal);
    const succeeded = await this.#execute(profile, plan, limit);
    signal.throwIfAborted();
    if (!succeeded) throw httpError(plan.title, await profile.lastError(), "+UHTTPC");
    const content = await this.#files.read(profile.responseFile, { signal });
    return readResponseFile(content, plan.method);
  }

  /** Resolves to the result that the module reports; tries again while the profile's last request is still running. */
  async #execute(profile: HttpProfile, plan: RequestPlan, limit: RequestLimit): Promise<boolean> {
    for (;;) {
      const result = profile.awaitResult(plan.command, {
        timeout: limit.remaining + RESULT_GRACE,
        operation: plan.title,
      });
      try {
        await this.#channel.send(profile.start(plan, limit.signal));
        result.start();
        return await result.promise;
      } catch (error) {
        result.cancel();
        await this.#waitIfInProgress(error, profile, plan, limit.signal);
      }
    }
  }

  async #waitIfInProgress(error: unknown, profile: HttpProfile, plan: RequestPlan, signal: AbortSignal): Promise<void> {
    if (!isModemError(error, "MODEM_REJECTED")) throw error;
    const failure = await profile.lastError();
    if (failure.errorClass === 0) throw error;
    if (!isInProgress(failure)) throw httpError(plan.title, failure, error.cause?.command ?? "+UHTTPC");
    await delay(RETRY_PAUSE, signal);
  }

  /** Nothing that goes wrong here may hide what went wrong, or right, before. */
  async #putBack(profile: HttpProfile): Promise<void> {
    await profile.clean().catch(ignore);
    this.#profiles.release(profile);
  }
}

/** The time that one request has, and who may end it sooner. */
class RequestLimit {
  readonly signal: AbortSignal;
  /** Without the limit in time: while a profile is waited for, that they are busy says more than that it is late. */
  readonly interrupted: AbortSignal;
  readonly #end: number;
  readonly #timer: NodeJS.Timeout;

  constructor({ timeout, signal }: HttpRequest, title: string, disposed: AbortSignal) {
    const late = new AbortController();
    this.#end = Date.now() + timeout;
    this.#timer = setTimeout(() => {
      late.abort(new ModemError("MODEM_TIMEOUT", `${title} did not end within ${timeout / 1000} s`));
    }, timeout);
    this.interrupted = signal === undefined ? disposed : AbortSignal.any([disposed, signal]);
    this.signal = AbortSignal.any([late.signal, this.interrupted]);
  }

  /** ms */
  get remaining(): number {
    return Math.max(0, this.#end - Date.now());
  }

  /** The limit stays in force for what goes on behind a caller who has left, but must not fire after the end. */
  end(): void {
    clearTimeout(this.#timer);
  }
}

function ignore(): void {}
