import { CommandError } from "../line/command-error";
import { randomInteger } from "../random";
import type { Storage } from "../storage";
import type { Context, ContextDefinition } from "./radio";

const STORED = "radio.contexts";
const OPERATION_NOT_ALLOWED = 3;
const NOT_SUBSCRIBED = 33;
const OPTION_NOT_SUPPORTED = 132;
const AUTHENTICATION_FAILURE = 149;
const MTU = 1500;
const DNS = { IP: ["192.0.2.53", "192.0.2.54"], IPV6: ["2001:db8::53", "2001:db8::54"] };
/** Context 1 is the initial EPS bearer; it exists without being defined. */
const FACTORY: readonly ContextDefinition[] = [{ cid: 1, type: "IPV4V6", apn: "" }];

/** What the network accepts. */
export interface Subscription {
  /** Empty: any. */
  readonly apn: string;
  /** Empty: no authentication. */
  readonly user: string;
  readonly password: string;
  /** What the network supports; a context that asks for both families gets the supported one. */
  readonly type: ContextDefinition["type"];
}

interface Bearer {
  readonly addresses: readonly string[];
  readonly dns: readonly string[];
}

/** The table of PDP contexts: definitions in NVM, and the active bearers. */
export class PdpContexts {
  readonly #storage: Storage;
  #subscription: Subscription;
  readonly #random: () => number;
  readonly #bearers = new Map<number, Bearer>();

  constructor(storage: Storage, subscription: Subscription, random: () => number) {
    this.#storage = storage;
    this.#subscription = subscription;
    this.#random = random;
  }

  get all(): ReadonlyMap<number, Context> {
    const sorted = [...this.#definitions].sort((left, right) => left.cid - right.cid);
    return new Map(sorted.map((definition) => [definition.cid, this.#context(definition)]));
  }

  define(definition: ContextDefinition): void {
    const others = this.#definitions.filter((known) => known.cid !== definition.cid);
    this.#storage.set(STORED, [...others, definition]);
  }

  undefine(cid: number): void {
    this.#storage.set(
      STORED,
      this.#definitions.filter((known) => known.cid !== cid),
    );
  }

  offer(type: Subscription["type"]): void {
    this.#subscription = { ...this.#subscription, type };
  }

  isActive(cid: number): boolean {
    return this.#bearers.has(cid);
  }

  /** @throws {CommandError} undefined context, or the network's refusal */
  admit(cid: number): void {
    const definition = this.#definitions.find((known) => known.cid === cid);
    if (definition === undefined) throw new CommandError(OPERATION_NOT_ALLOWED);
    const { apn, user, password, type } = this.#subscription;
    if (common(definition.type, type).length === 0) throw new CommandError(OPTION_NOT_SUPPORTED);
    // Without an APN the network uses its own (application guide 2.1: the anchor APN).
    if (apn !== "" && definition.apn !== "" && definition.apn.toLowerCase() !== apn.toLowerCase()) {
      throw new CommandError(NOT_SUBSCRIBED);
    }
    const known = definition.auth?.user === user && definition.auth.password === password;
    if (user !== "" && !known) throw new CommandError(AUTHENTICATION_FAILURE);
  }

  bring(cid: number): void {
    const type = this.#definitions.find((known) => known.cid === cid)?.type ?? "IP";
    const families = common(type, this.#subscription.type);
    this.#bearers.set(cid, {
      addresses: families.map((family) => (family === "IP" ? this.#ipv4() : this.#ipv6())),
      dns: families.flatMap((family) => DNS[family]),
    });
  }

  /** @returns whether it was up */
  drop(cid: number): boolean {
    return this.#bearers.delete(cid);
  }

  active(): number[] {
    return [...this.#bearers.keys()];
  }

  get #definitions(): readonly ContextDefinition[] {
    return this.#storage.get<ContextDefinition[]>(STORED) ?? FACTORY;
  }

  #context(definition: ContextDefinition): Context {
    const bearer = this.#bearers.get(definition.cid);
    if (bearer === undefined) return { ...definition, active: false, addresses: [], dns: [], mtu: MTU };
    return { ...definition, active: true, ...bearer, mtu: MTU };
  }

  #ipv4(): string {
    const part = () => randomInteger(this.#random, 1, 254);
    return `10.${part()}.${part()}.${part()}`;
  }

  /** No group is zero, so this is the form of RFC 5952. */
  #ipv6(): string {
    const group = () => randomInteger(this.#random, 1, 0xffff).toString(16);
    return `2001:db8:${group()}:${group()}:${group()}:${group()}:${group()}:${group()}`;
  }
}

/** The address families that a context asks for and the network gives. */
function common(wanted: ContextDefinition["type"], given: ContextDefinition["type"]): ("IP" | "IPV6")[] {
  return (["IP", "IPV6"] as const).filter((family) =>
    [wanted, given].every((type) => type === family || type === "IPV4V6"),
  );
}
