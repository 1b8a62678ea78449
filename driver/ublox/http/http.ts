import type { Channel } from "../../at/channel-types";
import type { Line } from "../../at/line";
import { commandWithResult } from "../../cellular/result-urc";
import { delay } from "../../delay";
import { isModemError, type ModemError } from "../../errors";
import type { HttpRequest, HttpResponse, HttpService } from "../../services/http/http";
import { readResponse, showsItsEnd } from "../../services/http/response";
import { acquireBefore, Deadline } from "../../services/waiting/deadline";
import { Pool } from "../../services/waiting/pool";
import { unlessAborted } from "../../services/waiting/unless-aborted";
import type { UbloxFiles } from "../files/files";
import type { SecureConnection, UbloxSecurity } from "../security/security";
import { numbersOf, type UbloxTraits } from "../traits";
import { type HttpFailure, httpError, isInProgress } from "./errors";
import { planRequest, type RequestPlan } from "./plan";
import { HttpProfile } from "./profile";

/** ms for which a profile that is still busy is left alone. */
const BUSY_PAUSE_MS = 1000;
/** ms that the modem may need beyond the request's own limit until it reports a result. */
const RESULT_GRACE_MS = 30_000;

/** A request on its way. */
interface Attempt {
  readonly profile: HttpProfile;
  readonly secure: SecureConnection | undefined;
  readonly plan: RequestPlan;
  readonly limit: Deadline;
}

/** HTTP by +UHTTP and +UHTTPC (guide 10): requests side by side, one a profile. */
export class UbloxHttp implements HttpService {
  readonly #channel: Channel;
  readonly #files: UbloxFiles;
  readonly #profiles: Pool<HttpProfile>;
  readonly #security: UbloxSecurity;
  readonly #model: UbloxTraits;
  readonly #disposed = new AbortController();

  constructor(channel: Channel, files: UbloxFiles, security: UbloxSecurity, model: UbloxTraits) {
    this.#channel = channel;
    this.#files = files;
    this.#security = security;
    this.#model = model;
    const profiles = numbersOf(model.limits.httpProfiles).map(
      (number) => new HttpProfile(number, channel, files, model),
    );
    this.#profiles = new Pool(profiles, { name: "HTTP profiles" });
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const plan = planRequest(request, this.#model);
    const limit = new Deadline(request.timeout, plan.operation, request.signal);
    try {
      for (;;) {
        const response = await this.#tryProfile(plan, limit, request.signal);
        if (response !== undefined) return response;
      }
    } finally {
      limit.clear();
    }
  }

  /** Resolves to undefined when the profile turned out to be busy with a request of an earlier session. */
  async #tryProfile(
    plan: RequestPlan,
    limit: Deadline,
    interrupted: AbortSignal | undefined,
  ): Promise<HttpResponse | undefined> {
    const waiting = { limit, signal: interrupted, owner: plan.operation };
    // First, as a request that waits for it keeps none from a profile.
    const secure = plan.secure && (await this.#security.connect(plan.secure.profile, plan.secure.server, waiting));
    // Not by the limit's signal: that all are busy says more than that it is late.
    const owned = acquireBefore({ remaining: limit.remaining, signal: interrupted }, plan.operation);
    const profile = await this.#profiles.acquire(owned).catch(async (error: unknown) => {
      await secure?.end(true);
      throw error;
    });
    const work = this.#perform({ profile, secure, plan, limit });
    const released = work.then(
      (response) => this.#putBack(profile, response === undefined ? BUSY_PAUSE_MS : 0),
      () => this.#putBack(profile, 0),
    );
    const response = await unlessAborted(work, limit.signal);
    if (response !== undefined) await unlessAborted(released, limit.signal).catch(ignore);
    return response;
  }

  dispose(error: Error): void {
    this.#profiles.close(error);
    this.#disposed.abort(error);
  }

  /** Goes on behind a caller who has given up until the modem is done: only then may another use the profile. */
  async #perform(attempt: Attempt): Promise<HttpResponse | undefined> {
    const { profile, secure, plan, limit } = attempt;
    const { signal } = limit;
    let ended: Promise<void> | undefined;
    try {
      const isDone = await this.#run(attempt);
      // Reading the response may take long, and needs no connection any more.
      ended = secure?.end(true);
      signal.throwIfAborted();
      if (!isDone) return undefined;
      const { onProgress, verified } = plan;
      const reading = { signal, onProgress, verified, isWhole: showsItsEnd };
      const content = await this.#files.read(profile.responseFile, reading);
      return readResponse(content, { operation: plan.operation, method: plan.method });
    } catch (error) {
      ended ??= secure?.end(!isModemError(error, "TLS_FAILED"));
      throw error;
    } finally {
      await ended;
    }
  }

  /** Resolves to false while the profile's last request is running. */
  async #run({ profile, secure, plan, limit }: Attempt): Promise<boolean> {
    const { signal } = limit;
    await profile.clean();
    await profile.configure(plan, secure?.profile, limit.remaining, signal);
    await profile.upload(plan.body, signal);
    const explain = async (failure: HttpFailure, command: string): Promise<ModemError> => {
      const error = httpError(plan.operation, failure, command);
      return secure === undefined ? error : secure.explain(error, limit.remaining);
    };
    const succeeded = await this.#execute(profile, plan, limit, explain);
    if (succeeded === false) throw await explain(await profile.lastError(), "+UHTTPC");
    return succeeded === true;
  }

  /** Resolves to the result that the modem reports, or to undefined while the profile's last request is running. */
  async #execute(
    profile: HttpProfile,
    plan: RequestPlan,
    limit: Deadline,
    explain: (failure: HttpFailure, command: string) => Promise<ModemError>,
  ): Promise<boolean | undefined> {
    limit.signal.throwIfAborted();
    const urc = {
      match: (line: Line) => profile.resultOf(line, plan.command),
      timeout: limit.remaining + RESULT_GRACE_MS,
      operation: plan.operation,
      evenUnanswered: true,
    };
    try {
      const { result } = await commandWithResult(this.#channel, profile.start(plan), urc);
      return result;
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) throw error;
      const failure = await profile.lastError();
      if (isInProgress(failure)) return undefined;
      throw failure.errorClass === 0 ? error : await explain(failure, error.cause?.command ?? "+UHTTPC");
    }
  }

  /** Nothing that goes wrong here may hide what went wrong, or right, before. */
  async #putBack(profile: HttpProfile, pause: number): Promise<void> {
    await profile.clean().catch(ignore);
    if (pause > 0) await delay(pause, this.#disposed.signal).catch(ignore);
    this.#profiles.release(profile);
  }
}

function ignore(): void {}
