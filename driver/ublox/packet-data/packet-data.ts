import type { Channel } from "../../at/channel-types";
import { type Field, integer, quote, toInteger } from "../../at/fields";
import { ask, trySend, unlessRejected } from "../../cellular/commands";
import { readOperator } from "../../cellular/operator";
import { delay } from "../../delay";
import { isModemError, ModemError } from "../../errors";
import { checkNameServers, KeptNameServers, type NameServers } from "../../services/name-servers";
import type { AuthType, PacketDataService, PdpContext, PdpStatus } from "../../services/packet-data";
import { addressFamily } from "../addresses";
import { command, query } from "../commands";
import type { UbloxTraits } from "../traits";
import { type ContextDefinition, parseContextAddresses, parseContextParameters, parseDefinition } from "./answers";
import { ContextLossWatch } from "./context-loss";
import { provisionsApns, readMnoProfile, requireDataContext } from "./mno-profile";

const AUTH_TYPES: Readonly<Record<AuthType, number>> = { none: 0, pap: 1, chap: 2 };

/** +UAUTHREQ takes up to this many characters on the sister modems; the guide gives no limit. */
const MAX_CREDENTIAL = 64;
/** 3GPP TS 23.003 section 9.1. */
const MAX_APN = 100;
/** The context of the initial default EPS bearer (guide 2.1): a change needs a new attach. */
const INITIAL_BEARER = 1;

const ADDRESS_ATTEMPTS = 3;
/** ms */
const ADDRESS_PAUSE_MS = 300;

const READ_DEFINITIONS = query("+CGDCONT?");
const READ_STATES = query("+CGACT?");
const READ_RADIO = query("+CFUN?");
/** Technologies of GSM and UMTS networks. */
const LEGACY: ReadonlySet<string> = new Set(["GSM", "EDGE", "UMTS", "HSPA"]);

/** PDP contexts by +CGDCONT, +CGACT and +UAUTHREQ (guide 2.3.1). */
export class UbloxPacketData implements PacketDataService {
  readonly #channel: Channel;
  readonly #model: UbloxTraits;
  readonly #losses: ContextLossWatch;
  readonly #disposed = new AbortController();
  /** Contexts whose APN the network chooses. */
  readonly #withoutApn = new Set<number>();
  /** Contexts for which IPv4 and IPv6 were asked. */
  readonly #dualStack = new Set<number>();
  #servers = new KeptNameServers();

  constructor(channel: Channel, model: UbloxTraits) {
    this.#channel = channel;
    this.#model = model;
    this.#losses = new ContextLossWatch(channel, (cid) => this.#isActive(cid));
  }

  async define(context: PdpContext): Promise<void> {
    const cid = this.#check(context.cid);
    const apn = quote(context.apn, { field: "apn", max: MAX_APN });
    const credentials = quoteCredentials(context);
    const profile = await readMnoProfile(this.#channel);
    requireDataContext(profile, cid);
    const held = await this.#readDefinition(cid);
    const keep = provisionsApns(profile) && context.apn === "" && held !== undefined;
    const differs = !keep && !matches(held, context);
    this.#withoutApn.delete(cid);
    if (context.pdpType === "IPV4V6") this.#dualStack.add(cid);
    else this.#dualStack.delete(cid);
    if (context.apn === "" && !keep) this.#withoutApn.add(cid);
    const setUp = async (): Promise<void> => {
      if (differs) await this.#writeDefinition(context, apn);
      await this.#authenticate(cid, context.authType, credentials);
    };
    // Other contexts than the initial bearer's need no new attach.
    await (differs && cid === INITIAL_BEARER ? this.#withRadioOff(setUp) : setUp());
  }

  async activate(cid: number): Promise<void> {
    this.#check(cid);
    requireDataContext(await readMnoProfile(this.#channel), cid);
    // On GSM and UMTS the command is repeated for an active context too: an application inside the modem may have
    // opened it, and would close it without notice (guide 2.3.1).
    if ((await this.#isLte()) && (await this.#isActive(cid))) {
      this.#losses.add(cid);
      await this.#setKeptServers(cid);
      return;
    }
    await this.#requireRoom(cid);
    try {
      await this.#channel.send(
        command("+CGACT=", [1, cid], { timeout: this.#model.timeouts.context, repeatable: true }),
      );
    } catch (error) {
      throw asNoConnection(error, cid);
    }
    this.#losses.add(cid);
    await this.#setKeptServers(cid);
  }

  async deactivate(cid: number): Promise<void> {
    this.#check(cid);
    // Also one that is gone already: its loss is no news any more.
    this.#losses.delete(cid);
    if (!(await this.#isActive(cid))) return;
    await this.#channel.send(command("+CGACT=", [0, cid], { timeout: this.#model.timeouts.context, repeatable: true }));
  }

  async status(cid: number): Promise<PdpStatus> {
    this.#check(cid);
    const definition = await this.#readDefinition(cid);
    const active = await this.#isActive(cid);
    const { apn, type } = definition ?? { apn: "", type: "IP" };
    if (!active) return { cid, active, apn, type, addresses: [], dns: [] };
    const assigned = await this.#readAddresses(cid);
    const { addresses, ...parameters } = await this.#readParameters(cid);
    const dns = this.#servers.override(cid, parameters.dns);
    return { cid, active, apn, type, ...parameters, dns, addresses: assigned.length > 0 ? assigned : addresses };
  }

  async setDns(cid: number, primary: string, secondary: string): Promise<void> {
    this.#check(cid);
    await this.#writeServers(cid, { primary, secondary });
    this.#servers.keep(cid, { primary, secondary });
  }

  keepNameServers(kept: KeptNameServers): void {
    this.#servers = kept;
  }

  /** Guide 2.5: some networks give IPv6 alone. */
  async advise(cid: number): Promise<string | undefined> {
    if (!this.#dualStack.has(cid)) return undefined;
    const addresses = await this.#askAddresses(cid);
    if (addresses.length === 0 || addresses.some((address) => !address.includes(":"))) return undefined;
    return (
      `Data connection ${cid} has IPv6 only, although IPv4 was asked for too. To reach hosts of IPv4 on the network of ` +
      "T-Mobile US, set 464XLAT to on."
    );
  }

  /** What may be the reason that nothing can be reached although there is an address; empty where there is none. */
  get apnHint(): string {
    if (this.#withoutApn.size === 0) return "";
    return ". No APN is set: the network may have given one that leads nowhere, ask the operator for the right one";
  }

  onLost(listener: (cid: number, reason: string) => void): () => void {
    return this.#losses.subscribe(listener);
  }

  #check(cid: number): number {
    return integer(cid, { field: "cid", min: 1, max: this.#model.limits.contexts });
  }

  dispose(error: Error): void {
    this.#losses.dispose();
    this.#disposed.abort(error);
  }

  async #writeServers(cid: number, { primary, secondary }: NameServers): Promise<void> {
    checkNameServers({ primary, secondary });
    for (const [index, server] of [primary, secondary].entries()) {
      if (server === "") continue;
      const address = quote(server, { field: "DNS server", max: 45 });
      await this.#channel.send(command("+UDNSCFG=", [cid, index + 1, addressFamily(server), address]));
    }
  }

  /** A connection without them is worth more than none. */
  async #setKeptServers(cid: number): Promise<void> {
    const kept = this.#servers.get(cid);
    if (kept === undefined) return;
    const written = this.#writeServers(cid, kept).then(() => true);
    if ((await unlessRejected(written)) === undefined) this.#channel.note("the modem refuses the name servers");
  }

  async #readDefinition(cid: number): Promise<ContextDefinition | undefined> {
    // Firmware that can't tell is told anew.
    const answer = await unlessRejected(ask(this.#channel, READ_DEFINITIONS));
    return answer?.map(parseDefinition).find((definition) => definition?.cid === cid);
  }

  async #writeDefinition({ cid, pdpType }: PdpContext, apn: Field): Promise<void> {
    await this.#channel.send(command("+CGDCONT=", [cid, quote(pdpType, { field: "pdpType", max: 6 }), apn]));
  }

  /** Network parameters are set with the radio off (guide 2.3.1); the modem attaches with them afterwards. */
  async #withRadioOff(work: () => Promise<void>): Promise<void> {
    // Where the modem can't tell it is on, and turning it off may be refused.
    const state = await unlessRejected(ask(this.#channel, READ_RADIO));
    if (state !== undefined && toInteger(state[0]?.[0]) !== 1) return work();
    if (!(await trySend(this.#channel, command("+CFUN=", [0], { timeout: this.#model.timeouts.radio })))) return work();
    try {
      await work();
    } finally {
      await this.#channel.send(command("+CFUN=", [1], { timeout: this.#model.timeouts.radio, repeatable: true }));
    }
  }

  /** +UAUTHREQ takes the password before the user name on LARA-R6. It may not survive a reboot: it is always sent. */
  async #authenticate(cid: number, type: AuthType, { user, password }: Credentials): Promise<void> {
    if (type === "none") {
      await trySend(this.#channel, command("+UAUTHREQ=", [cid, AUTH_TYPES.none]));
      return;
    }
    await this.#channel.send(command("+UAUTHREQ=", [cid, AUTH_TYPES[type], password, user]));
  }

  /** Without an operator LTE is assumed, as the modem's first choice. */
  async #isLte(): Promise<boolean> {
    const selection = await readOperator(this.#channel);
    return !LEGACY.has(selection?.technology ?? "");
  }

  async #isActive(cid: number): Promise<boolean> {
    const active = await this.#active();
    // Firmware that can't tell: an active context has an address.
    return active?.includes(cid) ?? (await this.#askAddresses(cid)).length > 0;
  }

  /** undefined where the modem doesn't tell. */
  async #active(): Promise<number[] | undefined> {
    const states = await unlessRejected(ask(this.#channel, READ_STATES));
    return states?.filter((fields) => toInteger(fields[1]) === 1).map((fields) => toInteger(fields[0]));
  }

  /** @throws {ModemError} `MODEM_BUSY` when as many contexts are active as the modem can have (guide 2.1) */
  async #requireRoom(cid: number): Promise<void> {
    const others = ((await this.#active()) ?? []).filter((active) => active !== cid);
    const most = this.#model.limits.activeContexts;
    if (others.length < most) return;
    throw new ModemError(
      "MODEM_BUSY",
      `Data connection ${cid} can't be activated: ${others.join(", ")} are active, and ${this.#model.name} has no more ` +
        `than ${most}. Deactivate one first.`,
    );
  }

  async #readParameters(cid: number): Promise<ReturnType<typeof parseContextParameters>> {
    const read = query("+CGCONTRDP=", [cid]);
    return parseContextParameters((await unlessRejected(ask(this.#channel, read))) ?? [], cid);
  }

  /** Right after the attach the answer may still be empty: it is asked for again. */
  async #readAddresses(cid: number): Promise<string[]> {
    for (let attempt = 1; ; attempt++) {
      const addresses = await this.#askAddresses(cid);
      if (addresses.length > 0 || attempt === ADDRESS_ATTEMPTS) return addresses;
      await delay(ADDRESS_PAUSE_MS, this.#disposed.signal);
    }
  }

  async #askAddresses(cid: number): Promise<string[]> {
    const answer = await unlessRejected(ask(this.#channel, query("+CGPADDR=", [cid])));
    return parseContextAddresses(answer ?? [], cid);
  }
}

interface Credentials {
  readonly user: Field;
  readonly password: Field;
}

function quoteCredentials({ user = "", password = "" }: PdpContext): Credentials {
  return {
    user: quote(user, { field: "apnUser", max: MAX_CREDENTIAL, secret: true }),
    password: quote(password, { field: "apnPassword", max: MAX_CREDENTIAL, secret: true }),
  };
}

/** Once an address is assigned, the read shows the network's type, e.g. IP for a context defined as IPV4V6 (guide 2.3.1). */
function matches(held: ContextDefinition | undefined, wanted: PdpContext): boolean {
  if (held === undefined || held.apn !== wanted.apn) return false;
  return held.type === wanted.pdpType || (held.assigned && wanted.pdpType === "IPV4V6");
}

function asNoConnection(error: unknown, cid: number): unknown {
  if (!isModemError(error, "MODEM_REJECTED")) return error;
  return new ModemError(
    "NO_CONNECTION",
    `The network refused data connection ${cid} (${error.message}). Check the APN, its user and password, and the SIM's contract.`,
    error.cause,
  );
}
