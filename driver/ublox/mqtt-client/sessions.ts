import { isIP } from "node:net";
import type { AnswerField } from "../../at/fields";
import { quote } from "../../at/fields";
import { askWhole, trySend, unlessRejected } from "../../cellular/commands";
import { isModemError, ModemError } from "../../errors";
import type { DiagnosticsService } from "../../services/diagnostics";
import type { Delivery, SessionEvents, SessionOptions, SessionWait } from "../../services/mqtt/mqtt";
import type { PacketDataService } from "../../services/packet-data";
import { acquireBefore, Deadline } from "../../services/waiting/deadline";
import { addressFamily } from "../addresses";
import { query } from "../commands";
import type { ErrorMeaning } from "../error-tables";
import { readDefaultContext } from "../packet-data/default-context";
import type { SecureConnection, UbloxSecurity } from "../security/security";
import type { BrokerClient } from "./client";
import { LogIn } from "./log-in";
import type { ServerPlan, SessionPlan } from "./plan";
import { SessionLife } from "./session-life";
import { type Parameters, profileCommand, resetProfile, type Surroundings } from "./settings";

export interface SessionsParts {
  readonly client: BrokerClient;
  readonly packetData: Pick<PacketDataService, "onLost" | "status">;
  readonly diagnostics: Pick<DiagnosticsService, "resolve">;
  readonly security: Pick<UbloxSecurity, "connect">;
}

export interface SessionRequest<Topic, Plan extends SessionPlan> {
  readonly plan: Plan;
  readonly wait: Pick<SessionOptions, "timeout" | "signal" | "owner">;
  readonly events: SessionEvents<Topic>;
  /** The profile's settings, for `plan` and what it goes over. */
  settings(plan: Plan, surroundings: Surroundings): Parameters[];
  parse(fields: readonly AnswerField[]): Delivery<Topic> | undefined;
  /** Removes what an earlier session left behind, in its turn. */
  clear?(): Promise<void>;
}

/** What a login that failed without a reason is. */
const NO_SESSION: ErrorMeaning = { code: "CONNECT_FAILED", text: "no connection to the server" };
const IMEI = /^\d{15}$/;

/** Makes sessions of one of the modem's clients, one after the other. */
export class ClientSessions {
  readonly #parts: SessionsParts;
  readonly #logIn: LogIn;
  readonly #leave: () => void;
  #current: { readonly life: Pick<SessionLife<unknown>, "contextLost">; readonly cid: number | undefined } | undefined;

  constructor(parts: SessionsParts) {
    this.#parts = parts;
    this.#logIn = new LogIn(parts.client);
    this.#leave = parts.packetData.onLost((cid, reason) => this.#onContextLost(cid, reason));
  }

  /** Resolves to a session that stands. A caller who leaves before gets none, and none stays. */
  async connect<Topic, Plan extends SessionPlan>(request: SessionRequest<Topic, Plan>): Promise<SessionLife<Topic>> {
    const { plan, wait } = request;
    wait.signal?.throwIfAborted();
    const limit = new Deadline(wait.timeout, plan.operation, wait.signal);
    return limit.race(this.#connect(request, limit));
  }

  /** Runs `work` on the client without a session of it, which keeps it from others meanwhile. */
  async without<T>(operation: string, wait: SessionWait, work: (limit: Deadline) => Promise<T>): Promise<T> {
    wait.signal?.throwIfAborted();
    const limit = new Deadline(wait.timeout, operation, wait.signal);
    const run = async (): Promise<T> => {
      const giveBack = await this.#parts.client.take(waiting(limit, wait.signal, operation));
      try {
        limit.signal.throwIfAborted();
        const start = async (): Promise<T> => {
          await this.#logIn.clear();
          return work(limit);
        };
        return await this.#parts.client.inTurn(start, waiting(limit, wait.signal, operation));
      } finally {
        giveBack();
      }
    };
    return limit.race(run());
  }

  /** Resets the profile and writes the settings. */
  async configure(settings: readonly Parameters[], signal: AbortSignal): Promise<void> {
    const { channel, protocol, model } = this.#parts.client;
    await channel.send(resetProfile(protocol, signal));
    for (const setting of settings) {
      const line = profileCommand(protocol, setting, signal);
      if (setting.unlessRefused === undefined) await channel.send(line);
      else if (!(await trySend(channel, line)) && setting.unlessRefused.property !== undefined) {
        const text = `the firmware of this ${model.name} has no such setting`;
        throw new ModemError("NOT_SUPPORTED", `${setting.unlessRefused.property}: ${text}`);
      }
    }
  }

  /** What the context of the server is, for the profile. @throws {ModemError} `NO_CONNECTION` */
  async context({ cid, family }: ServerPlan): Promise<Surroundings["context"]> {
    if (cid === undefined) return undefined;
    const { active, addresses } = await this.#parts.packetData.status(cid);
    if (!active) throw inactive(cid);
    // A context of IPv6 alone leads nowhere by IPv4 (guide 2.3.1): then that is what a name is looked up for.
    const isIpv6Only = addresses.length > 0 && addresses.every((address) => addressFamily(address) === 1);
    return { cid, family: family ?? (isIpv6Only ? 1 : 0) };
  }

  /** The modem is being set up again. */
  reset(): void {
    this.#parts.client.endSession(new ModemError("MODEM_RESTARTED", "The modem was restarted"));
  }

  dispose(error: Error): void {
    this.#leave();
    this.#parts.client.dispose(error);
  }

  async #connect<Topic, Plan extends SessionPlan>(
    request: SessionRequest<Topic, Plan>,
    limit: Deadline,
  ): Promise<SessionLife<Topic>> {
    const { client, security } = this.#parts;
    const { plan, wait } = request;
    const giveBack = await client.take(waiting(limit, wait.signal, wait.owner));
    const holdings: Holdings = { giveBack };
    try {
      const secured = { limit, owner: wait.owner, ...(wait.signal && { signal: wait.signal }) };
      if (plan.security !== undefined)
        holdings.secure = await security.connect(plan.security.profile, plan.security.server, secured);
      const make = (): Promise<SessionLife<Topic>> => this.#make(request, limit, holdings);
      return await client.inTurn(make, waiting(limit, wait.signal, plan.operation));
    } catch (error) {
      await giveAllBack(holdings);
      throw error;
    }
  }

  async #make<Topic, Plan extends SessionPlan>(
    request: SessionRequest<Topic, Plan>,
    limit: Deadline,
    holdings: Holdings,
  ): Promise<SessionLife<Topic>> {
    const { client } = this.#parts;
    const { plan, events, parse } = request;
    await this.#prepare(request, limit, holdings.secure);
    const release = async (error?: ModemError): Promise<void> => {
      this.#current = undefined;
      await giveAllBack(holdings, error);
    };
    const { operation, keepAlive } = plan;
    const life = new SessionLife<Topic>({ client, operation, keepAlive, events, parse, release });
    client.attach(life);
    this.#current = { life, cid: plan.cid };
    try {
      await this.#open(plan, life, limit, holdings.secure);
      return life;
    } catch (error) {
      await life.abandon(isModemError(error) ? error : undefined);
      throw error;
    }
  }

  async #open<Topic>(
    plan: SessionPlan,
    life: SessionLife<Topic>,
    limit: Deadline,
    secure: SecureConnection | undefined,
  ): Promise<void> {
    await this.#logIn.run(plan.operation, NO_SESSION, limit.signal).catch(async (error: unknown) => {
      throw await this.#explain(plan, error, limit, secure);
    });
    if (plan.keepAlive > 0) await life.keepAlive();
    limit.signal.throwIfAborted();
    life.open();
  }

  async #prepare<Topic, Plan extends SessionPlan>(
    { plan, settings, clear }: SessionRequest<Topic, Plan>,
    limit: Deadline,
    secure: SecureConnection | undefined,
  ): Promise<void> {
    limit.signal.throwIfAborted();
    await this.#logIn.clear();
    await clear?.();
    const context = await this.context(plan);
    const clientId = plan.clientId ?? (await this.#imei());
    const surroundings = { ...(clientId && { clientId }), ...(context && { context }), security: secure?.profile };
    await this.configure(settings(plan, surroundings), limit.signal);
  }

  /** The factory's client id is the IMEI, but not on every sister model (AT facts 5.2). */
  async #imei(): Promise<Surroundings["clientId"]> {
    const read = query("+CGSN", [], { expects: [{ prefix: "bare" }] });
    const whole = askWhole(this.#parts.client.channel, read, ([fields = []]) => {
      const text = fields[0]?.text ?? "";
      return IMEI.test(text) ? text : undefined;
    });
    const imei = await unlessRejected(whole).catch((error: unknown) => {
      if (isModemError(error, "PROTOCOL_ERROR")) return undefined;
      throw error;
    });
    return imei === undefined ? undefined : quote(imei, { field: "clientId", max: imei.length });
  }

  /** The modem tells little of why a login failed: what can be found out is. */
  async #explain(plan: SessionPlan, error: unknown, limit: Deadline, secure?: SecureConnection): Promise<unknown> {
    if (!isModemError(error, "CONNECT_FAILED")) return error;
    const cid = plan.cid ?? (await readDefaultContext(this.#parts.client.channel).catch(() => undefined));
    const status = cid === undefined ? undefined : await this.#parts.packetData.status(cid).catch(() => undefined);
    if (cid !== undefined && status?.active === false) return inactive(cid);
    if (isIP(plan.host) === 0) {
      const unknown = await this.#parts.diagnostics.resolve(plan.host, { signal: limit.signal }).then(
        () => undefined,
        (failure: unknown) => (isModemError(failure, "DNS_FAILED") ? failure : undefined),
      );
      if (unknown !== undefined)
        return new ModemError("DNS_FAILED", `${plan.operation} failed: ${unknown.message}`, unknown.cause);
    }
    if (secure === undefined) return error;
    const failure = new ModemError(
      "TLS_FAILED",
      `${plan.operation} failed: no secure session could be made`,
      error.cause,
    );
    return secure.explain(failure, limit.remaining);
  }

  #onContextLost(cid: number, reason: string): void {
    const session = this.#current;
    if (session === undefined) return;
    const error = new ModemError("NO_CONNECTION", `Data connection ${cid} was lost (${reason})`);
    if (session.cid === cid) session.life.contextLost(error);
    if (session.cid !== undefined) return;
    // It is on the modem's default one (guide 2.3.1).
    const { channel } = this.#parts.client;
    readDefaultContext(channel).then(
      (used) => {
        if (used === cid) session.life.contextLost(error);
      },
      (failure: unknown) => channel.note(`Data connection ${cid} was lost: ${String(failure)}`),
    );
  }
}

/** What a session has while it lives. */
interface Holdings {
  readonly giveBack: () => void;
  secure?: SecureConnection;
  isGiven?: boolean;
}

async function giveAllBack(holdings: Holdings, error?: unknown): Promise<void> {
  if (holdings.isGiven === true) return;
  holdings.isGiven = true;
  await holdings.secure?.end(!isModemError(error, "TLS_FAILED"));
  holdings.giveBack();
}

function waiting(limit: Deadline, signal: AbortSignal | undefined, owner: string): ReturnType<typeof acquireBefore> {
  return acquireBefore({ remaining: limit.remaining, ...(signal && { signal }) }, owner);
}

function inactive(cid: number): ModemError {
  return new ModemError("NO_CONNECTION", `Data connection ${cid} is not active. Activate it first.`);
}
