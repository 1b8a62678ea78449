import type { Channel } from "../../at/channel-types";
import { ModemError } from "../../errors";
import { ProfileAllocation } from "../../services/security/profile-allocation";
import type {
  AppliedProfile,
  CertificateHash,
  CertificateKind,
  CertificateSource,
  SecurityProfile,
  SecurityService,
  StoredCertificate,
} from "../../services/security/security";
import { Pool } from "../../services/waiting/pool";
import type { AcquireOptions } from "../../services/waiting/waiting-line";
import type { QuectelFiles } from "../files/files";
import type { QuectelTraits } from "../traits";
import { CertificateStore } from "./certificates";
import { ensureClock } from "./clock";
import { planSsl, type SslPlan } from "./plan";
import { SslConfiguration, type SslParameters } from "./settings";

type Options = { signal?: AbortSignal };

/** A part in an SSL context that is set up for a profile. */
export interface SslLease {
  readonly context: number;
  /** Whether the firmware names the host to the server. */
  readonly namesHost: boolean;
  readonly certificates: AppliedProfile["certificates"];
  /** With `suspect` the modem is asked for its certificates again before the next use. */
  release(options?: { suspect?: boolean }): void;
}

/** SSL contexts by +QSSLCFG, with certificates and keys as files (AT facts 3.1, guide 3.2). */
export class QuectelSecurity implements SecurityService {
  readonly #channel: Channel;
  readonly #store: CertificateStore;
  readonly #configuration: SslConfiguration;
  readonly #model: QuectelTraits;
  readonly #contexts: ProfileAllocation;
  /** Two that bring the same file, or import one while it is looked for, would get in each other's way. */
  readonly #turn = new Pool(["certificates"], { name: "settings of certificates" });

  constructor(channel: Channel, files: QuectelFiles, model: QuectelTraits) {
    this.#channel = channel;
    this.#model = model;
    this.#contexts = new ProfileAllocation(model.limits.sslContexts, { name: `SSL contexts of ${model.name}` });
    this.#store = new CertificateStore(files, model);
    this.#configuration = new SslConfiguration(channel);
  }

  list(options: Options = {}): Promise<StoredCertificate[]> {
    return this.#turn.withItem(() => this.#store.list(options), options);
  }

  async import(
    kind: CertificateKind,
    name: string,
    source: CertificateSource,
    options: Options = {},
  ): Promise<CertificateHash> {
    return this.#turn.withItem(() => this.#store.import(kind, name, source, options), options);
  }

  async remove(kind: CertificateKind, name: string): Promise<void> {
    await this.#turn.withItem(() => this.#store.remove(kind, name));
    // A profile that uses it sends it again.
    this.#contexts.forget();
  }

  hash(kind: CertificateKind, name: string): Promise<CertificateHash> {
    return this.#turn.withItem(() => this.#store.hash(kind, name));
  }

  async apply(profile: SecurityProfile, options: Options = {}): Promise<AppliedProfile> {
    const { context, certificates, release } = await this.acquire(planSsl(profile, this.#model), options);
    release();
    return { profile: context, certificates };
  }

  async restoreSession(): Promise<never> {
    throw new ModemError("NOT_SUPPORTED", `session: ${this.#model.name} does not resume TLS sessions`);
  }

  /**
   * Takes an SSL context that is set up as planned, for one operation.
   *
   * @throws {ModemError} `NOT_SUPPORTED` where the firmware can't do what the profile asks for; `MODEM_BUSY` when all
   * contexts are in use; `TLS_FAILED` without a date to check certificates by
   */
  async acquire(plan: SslPlan, options: AcquireOptions = {}): Promise<SslLease> {
    const sent = new Set<string>();
    const configure = (context: number): Promise<void> =>
      this.#turn.withItem(() => this.#setUp(context, plan, sent, options.signal), options);
    const isInForce = async (context: number): Promise<boolean> => {
      const isThere = await this.#configuration.isInForce(context);
      if (!isThere) this.reset();
      return isThere;
    };
    const lease = await this.#contexts.acquire(plan.key, configure, { ...options, isInForce });
    try {
      await this.#configuration.apply(lease.number, { negotiatetime: plan.negotiatetime });
    } catch (error) {
      lease.release();
      throw error;
    }
    return {
      context: lease.number,
      namesHost: plan.sni === 1 && this.#configuration.has("sni"),
      certificates: plan.files.map(({ kind, name, md5 }) => ({ kind, name, md5, sent: sent.has(name) })),
      release: ({ suspect = false } = {}) => lease.release({ forget: suspect }),
    };
  }

  /** The modem forgot its settings; it keeps its files, unless another has changed them. */
  reset(): void {
    this.#store.reset();
    this.#configuration.reset();
    this.#contexts.forget();
  }

  dispose(error: Error): void {
    this.#contexts.close(error);
    this.#turn.close(error);
  }

  async #setUp(context: number, plan: SslPlan, sent: Set<string>, signal: AbortSignal | undefined): Promise<void> {
    if (plan.parameters.ignorelocaltime === 0) await ensureClock(this.#channel);
    await this.#offerNames(context, plan);
    for (const file of plan.files) if (await this.#store.ensure(file, { signal })) sent.add(file.name);
    await this.#configuration.apply(context, { ...plan.parameters, ...fileParameters(plan) });
  }

  async #offerNames(context: number, { profile, sni, needsSni, checkhost }: SslPlan): Promise<void> {
    const compares = await this.#configuration.offer(context, "checkhost", checkhost);
    if (!compares && checkhost === 1) {
      const message = `validation ${profile.validation}: this firmware of ${this.#model.name} does not compare the server's certificate with its name; update it, or choose validation ca`;
      throw new ModemError("NOT_SUPPORTED", message);
    }
    const names = await this.#configuration.offer(context, "sni", sni);
    if (!names && needsSni) {
      throw new ModemError(
        "NOT_SUPPORTED",
        `sni: this firmware of ${this.#model.name} sends no server name; update it, or leave sni empty`,
      );
    }
  }
}

const FILE_PARAMETERS = { ca: "cacert", cert: "clientcert", key: "clientkey" } as const;

function fileParameters({ files }: SslPlan): Pick<SslParameters, "cacert" | "clientcert" | "clientkey"> {
  return Object.fromEntries(files.map(({ kind, name }) => [FILE_PARAMETERS[kind], name]));
}
