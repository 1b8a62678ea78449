import type { Channel } from "../../at/channel-types";
import { ModemError } from "../../errors";
import { ProfileAllocation, type ProfileLease } from "../../services/security/profile-allocation";
import type { ProfileMaterial } from "../../services/security/profile-material";
import type {
  AppliedProfile,
  CertificateHash,
  CertificateKind,
  CertificateSource,
  SecurityProfile,
  SecurityService,
  SessionData,
  StoredCertificate,
} from "../../services/security/security";
import { acquireBefore, type Deadline } from "../../services/waiting/deadline";
import { type AcquireOptions, Pool } from "../../services/waiting/pool";
import { numbersOf, type UbloxTraits } from "../traits";
import type { UbloxCertificates } from "./certificates";
import { explainTls } from "./diagnosis";
import { parseServer, type SecureServer, serverText } from "./server";
import { checkSession, sessionKind } from "./session-data";
import { ANY_SERVER, type SessionOwner, SessionResumption } from "./session-resumption";
import { configure, isInForce, type MaterialNames, planSecurity, type SecurityPlan } from "./settings";

export interface ConnectOptions {
  /** Of the caller's operation: how long one of the connections and a profile may take, and to set that up. */
  readonly limit: Deadline;
  /** Ends the wait for them; that they are all in use says more than that the limit is over. */
  readonly signal?: AbortSignal;
  /** Who connects, for messages: "GET https://…". */
  readonly owner: string;
}

/** The right to one secure connection, with a profile that is set up for it. Who has it calls `end`, once. */
export interface SecureConnection {
  /** Number of the modem's profile, for +UHTTP=…,6,1 and its like. */
  readonly profile: number;
  /** `failure` with its likely cause, where it is one of TLS; found within `remaining` ms, before `end`. */
  explain(failure: ModemError, remaining: number): Promise<ModemError>;
  /**
   * Takes over what the modem tells of the session, and gives the rest back. Never fails.
   *
   * @param succeeded whether TLS did; where not, the profile is set up again before its next use, without session data
   */
  end(succeeded: boolean): Promise<void>;
}

type Stored = AppliedProfile["certificates"][number];

/** A profile with what the modem is to be told of it. */
interface Target {
  readonly profile: SecurityProfile;
  readonly plan: SecurityPlan;
  readonly owner: SessionOwner;
}

/**
 * Certificates and TLS profiles by +USECMNG and +USECPRF (guide 3). Profiles are volatile: a driver session begins
 * without any, and sets each up when it is needed.
 */
export class UbloxSecurity implements SecurityService {
  readonly #channel: Channel;
  readonly #certificates: UbloxCertificates;
  readonly #model: UbloxTraits;
  readonly #resumption: SessionResumption;
  readonly #connections: Pool<number>;
  readonly #profiles: ProfileAllocation;
  /** By the number of the profile that they are set in. */
  readonly #names = new Map<number, MaterialNames>();

  constructor(channel: Channel, certificates: UbloxCertificates, model: UbloxTraits) {
    const { limits } = model;
    this.#connections = new Pool(numbersOf(limits.secureConnections), { name: "secure connections" });
    this.#profiles = new ProfileAllocation(numbersOf(limits.securityProfiles), { name: "security profiles" });
    this.#channel = channel;
    this.#certificates = certificates;
    this.#model = model;
    this.#resumption = new SessionResumption(channel);
  }

  list(options?: { signal?: AbortSignal }): Promise<StoredCertificate[]> {
    return this.#certificates.list(options);
  }

  async import(
    kind: CertificateKind,
    name: string,
    source: CertificateSource,
    options?: { signal?: AbortSignal },
  ): Promise<CertificateHash> {
    try {
      return await this.#certificates.import(kind, name, source, options);
    } finally {
      // It may have replaced one that a profile uses, or failed when that was gone.
      this.#profiles.forget();
    }
  }

  async remove(kind: CertificateKind, name: string): Promise<void> {
    await this.#certificates.remove(kind, name);
    this.#profiles.forget();
  }

  hash(kind: CertificateKind, name: string): Promise<CertificateHash> {
    return this.#certificates.hash(kind, name);
  }

  async apply(profile: SecurityProfile, { signal }: { signal?: AbortSignal } = {}): Promise<AppliedProfile> {
    const target = targetOf(this.#model, profile);
    const stored = await this.#ensure(target, signal);
    const lease = await this.#lease(target, { signal, owner: `applying ${profile.name}` }, signal, stored);
    lease.release();
    return { profile: lease.number, certificates: Object.values(stored) };
  }

  async restoreSession(
    profile: SecurityProfile,
    session: SessionData,
    { server, signal }: { server?: string; signal?: AbortSignal } = {},
  ): Promise<{ readonly profile: number }> {
    const kind = sessionKind(profile.resumption, profile.resumptionEncrypted);
    if (kind === undefined) {
      throw new ModemError("INVALID_INPUT", `Security profile ${profile.name} resumes no sessions: resumption is off`);
    }
    const data = checkSession(session, kind);
    const target = targetOf(this.#model, profile, server === undefined ? undefined : parseServer(server));
    const lease = await this.#lease(target, { signal, owner: `restoring a session of ${profile.name}` }, signal);
    try {
      if (!this.#resumption.has(lease.number)) {
        const text = `Security profile ${profile.name}: the modem's firmware resumes no sessions of this type`;
        throw new ModemError("NOT_SUPPORTED", text);
      }
      this.#resumption.give(target.owner, data);
      await this.#resumption.set(lease.number, signal);
      await this.#resumption.save(lease.number);
    } finally {
      lease.release();
    }
    return { profile: lease.number };
  }

  /**
   * Waits for one of the modem's secure connections and a profile that is set up for it, the session's data included.
   *
   * @throws {ModemError} `INVALID_INPUT` for what can't be set, `NOT_SUPPORTED`, `MODEM_BUSY`, `MODEM_TIMEOUT`,
   * `MODEM_REJECTED`; the abort reason
   */
  async connect(profile: SecurityProfile, server: SecureServer, options: ConnectOptions): Promise<SecureConnection> {
    const { limit, signal, owner } = options;
    const target = targetOf(this.#model, profile, server);
    const waiting = (): AcquireOptions => acquireBefore({ remaining: limit.remaining, signal }, owner);
    const place = await this.#connections.acquire(waiting());
    try {
      const lease = await this.#prepare(target, waiting(), limit.signal);
      return this.#connection(target.profile, server.host, place, lease);
    } catch (error) {
      this.#connections.release(place);
      throw error;
    }
  }

  dispose(error: Error): void {
    this.#connections.close(error);
    this.#profiles.close(error);
    this.#certificates.dispose(error);
    this.#resumption.dispose();
  }

  #connection(profile: SecurityProfile, host: string, place: number, lease: ProfileLease): SecureConnection {
    const { number } = lease;
    const modem = { channel: this.#channel, certificates: this.#certificates };
    return {
      profile: number,
      explain: (failure, remaining) => {
        const names = this.#names.get(number) ?? {};
        return explainTls(modem, { profile, host, names }, failure, remaining);
      },
      end: async (succeeded) => {
        this.#connections.release(place);
        if (!succeeded) this.#resumption.forget(number);
        await this.#resumption.finish(number);
        lease.release({ forget: !succeeded });
      },
    };
  }

  async #prepare(target: Target, options: AcquireOptions, signal: AbortSignal): Promise<ProfileLease> {
    const lease = await this.#lease(target, options, signal);
    try {
      await this.#resumption.prepare(lease.number, signal);
      return lease;
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  #lease(
    target: Target,
    options: AcquireOptions,
    signal: AbortSignal | undefined,
    stored?: Readonly<Partial<Record<keyof ProfileMaterial, Stored>>>,
  ): Promise<ProfileLease> {
    const setUp = async (number: number): Promise<void> => {
      this.#resumption.unbind(number);
      const { ca, cert, key, pinned } = stored ?? (await this.#ensure(target, signal));
      const names = { ca: ca?.name, cert: cert?.name, key: key?.name, pinned: pinned?.name };
      await configure(this.#channel, number, target.plan, names, signal);
      this.#names.set(number, names);
      await this.#resumption.bind(number, target.owner, signal);
    };
    const stillThere = (number: number): Promise<boolean> => isInForce(this.#channel, number, target.plan, signal);
    return this.#profiles.acquire(target.owner.key, setUp, {
      ...options,
      setUpSignal: signal,
      isInForce: stillThere,
    });
  }

  /** Certificates and keys of a profile on the modem, sent where they are missing. */
  async #ensure(
    { plan, profile }: Target,
    signal: AbortSignal | undefined,
  ): Promise<Partial<Record<keyof ProfileMaterial, Stored>>> {
    const stored: Partial<Record<keyof ProfileMaterial, Stored>> = {};
    for (const part of ["ca", "cert", "key", "pinned"] as const) {
      const certificate = plan.material[part];
      if (certificate === undefined) continue;
      stored[part] = await this.#certificates.ensure(certificate, { password: profile.keyPassword, signal });
    }
    return stored;
  }
}

/**
 * Profiles of one content share a number; with resumption on only those with the same server and the same memory, since
 * the modem's URCs tell nothing but the number (guide 3.4.4).
 *
 * @param server left out, what depends on it is left unset
 */
function targetOf(model: UbloxTraits, profile: SecurityProfile, server?: SecureServer): Target {
  const plan = planSecurity(profile, server?.host ?? "", model);
  const settings = server === undefined ? plan : planSecurity(profile, "", model);
  const text = server === undefined ? ANY_SERVER : serverText(server);
  const keyFor = (key: string, of: string): string =>
    profile.resumption === "off" ? key : JSON.stringify([key, profile.id, of]);
  const owner = { key: keyFor(plan.key, text), anyKey: keyFor(settings.key, ANY_SERVER), server: text, profile };
  return { profile, plan, owner };
}
