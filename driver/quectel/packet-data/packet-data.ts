import type { Channel } from "../../at/channel-types";
import { integer, splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { parseAddress } from "../../cellular/addresses";
import { ask, trySend, unlessRejected } from "../../cellular/commands";
import { isModemError, ModemError } from "../../errors";
import { checkNameServers, KeptNameServers } from "../../services/name-servers";
import type { PacketDataService, PdpContext, PdpStatus } from "../../services/packet-data";
import { Pool } from "../../services/waiting/pool";
import { command, query } from "../commands";
import { ERRORS } from "../error-tables";
import type { QuectelTraits } from "../traits";
import { ContextDefinitions } from "./context-definitions";
import { checkNetwork } from "./diagnosis";
import { readDns, writeDns } from "./dns-servers";

interface ActiveContext {
  readonly cid: number;
  readonly addresses: readonly string[];
}

/** PDP contexts: +QICSGP, +QIACT, +QIDEACT, +QIDNSCFG (AT facts 2.1, guide 4.2). */
export class QuectelPacketData implements PacketDataService {
  readonly #channel: Channel;
  readonly #model: QuectelTraits;
  readonly #definitions: ContextDefinitions;
  /** Activating, deactivating and repairing exclude each other. */
  readonly #turn = new Pool(["PDP activation"], { name: "PDP activations" });
  /** Contexts that were activated here and not deactivated: those that are put back when they vanish. */
  readonly #wanted = new Set<number>();
  /** Contexts by which sessions stand that would end with them: an entry a session. */
  readonly #held = new Map<symbol, number>();
  /** Contexts that the network took away: +QIDEACT has to come before +QIACT (AT facts 2.1). */
  readonly #lost = new Set<number>();
  readonly #listeners = new Set<(cid: number, reason: string) => void>();
  readonly #leave: () => void;
  #servers = new KeptNameServers();

  constructor(channel: Channel, model: QuectelTraits) {
    this.#channel = channel;
    this.#model = model;
    this.#definitions = new ContextDefinitions(channel);
    this.#leave = channel.onUrc('+QIURC: "pdpdeact"', (line) => this.#onDeactivated(line));
  }

  /** The context of services that are not told one. */
  get defaultCid(): number {
    return this.#definitions.first ?? 1;
  }

  async define(context: PdpContext): Promise<void> {
    this.#check(context.cid);
    this.#definitions.check(context);
    await this.#turn.withItem(async () => {
      const active = (await this.#find(context.cid)) !== undefined;
      if (await this.#definitions.holds(context, active)) return;
      // An active context keeps its old definition until it is activated again.
      if (active) await this.#deactivate(context.cid);
      await this.#definitions.write(context);
    });
  }

  async activate(cid: number): Promise<void> {
    this.#check(cid);
    await this.#turn.withItem(() => this.#activate(cid));
  }

  async deactivate(cid: number): Promise<void> {
    this.#check(cid);
    await this.#turn.withItem(async () => {
      this.#wanted.delete(cid);
      if ((await this.#find(cid)) !== undefined || this.#lost.has(cid)) await this.#deactivate(cid);
    });
  }

  async status(cid: number): Promise<PdpStatus> {
    this.#check(cid);
    const context = await this.#find(cid);
    const { apn, pdpType } = await this.#definitions.read(cid);
    return {
      cid,
      active: context !== undefined,
      apn,
      type: pdpType,
      addresses: context?.addresses ?? [],
      dns: context === undefined ? [] : this.#servers.override(cid, await readDns(this.#channel, cid)),
    };
  }

  async setDns(cid: number, primary: string, secondary: string): Promise<void> {
    this.#check(cid);
    checkNameServers({ primary, secondary });
    await writeDns(this.#channel, cid, primary, secondary);
    this.#servers.keep(cid, { primary, secondary });
  }

  keepNameServers(kept: KeptNameServers): void {
    this.#servers = kept;
  }

  onLost(listener: (cid: number, reason: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Makes sure that a context is usable: one may vanish without a word (AT facts 2.1), and is then put back if it was
   * activated here.
   *
   * @throws {ModemError} `NO_CONNECTION` when it is not active and was not asked for, or can't be put back
   */
  async require(cid: number): Promise<void> {
    this.#check(cid);
    await this.#turn.withItem(async () => {
      if ((await this.#find(cid)) === undefined) {
        if (!this.#wanted.has(cid)) throw notActive(cid);
        this.#lost.add(cid);
      }
      if (this.#lost.has(cid)) await this.#restore(cid);
    });
  }

  /**
   * Guide 4.3 and 4.5: deactivates and activates a context whose network services fail.
   *
   * @throws {ModemError} `NO_CONNECTION`, too, when they fail because it was deactivated by order
   */
  async reactivate(cid: number): Promise<void> {
    await this.#turn.withItem(async () => {
      if (!this.#wanted.has(cid) && (await this.#find(cid)) === undefined) throw notActive(cid);
      await this.#restore(cid);
    });
  }

  /** Says that a session stands by this context, until the result is called. */
  hold(cid: number): () => void {
    const key = Symbol(cid);
    this.#held.set(key, cid);
    return () => this.#held.delete(key);
  }

  /** Whether a session stands by it, which shows that it works and would end with it. */
  isHeld(cid: number): boolean {
    return [...this.#held.values()].includes(cid);
  }

  /** True when a DNS server is known: `0.0.0.0` means none (guide 4.3). */
  async hasDnsServer(cid: number): Promise<boolean> {
    return (await readDns(this.#channel, cid)).length > 0;
  }

  /** After a reboot no context is active and none has to be deactivated. */
  reset(): void {
    this.#lost.clear();
    this.#definitions.reset();
  }

  dispose(error: Error): void {
    this.#leave();
    this.#listeners.clear();
    this.#turn.close(error);
  }

  async #restore(cid: number): Promise<void> {
    try {
      await this.#deactivate(cid);
      await this.#activate(cid);
    } catch (error) {
      this.#tell(cid, error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  #check(cid: number): void {
    integer(cid, { field: "cid", min: 1, max: this.#model.limits.contexts });
  }

  async #activate(cid: number): Promise<void> {
    const active = await this.#active();
    if (this.#lost.has(cid)) await this.#deactivate(cid);
    else if (active.some((context) => context.cid === cid)) {
      // Activating an active one is an error.
      this.#wanted.add(cid);
      await this.#setKeptServers(cid);
      return;
    }
    const others = active.map((context) => context.cid).filter((other) => other !== cid);
    const most = this.#model.limits.activeContexts;
    if (others.length >= most) {
      const message = `PDP context ${cid}: contexts ${others.join(", ")} are active, and the modem has no more than ${most}`;
      throw new ModemError("MODEM_BUSY", `${message}; deactivate one first`);
    }
    await this.#activateOrExplain(cid);
    this.#wanted.add(cid);
    await this.#setKeptServers(cid);
  }

  /** A connection without them is worth more than none. */
  async #setKeptServers(cid: number): Promise<void> {
    const kept = this.#servers.get(cid);
    if (kept === undefined) return;
    const written = writeDns(this.#channel, cid, kept.primary, kept.secondary).then(() => true);
    if ((await unlessRejected(written)) === undefined) this.#channel.note("the modem refuses the name servers");
  }

  /** Guide 4.2: a failed activation is looked into, what can be mended is mended, and it is tried once more. */
  async #activateOrExplain(cid: number): Promise<void> {
    try {
      await this.#sendActivate(cid);
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) throw error;
      const reason = await this.#lastError();
      await checkNetwork({ channel: this.#channel, model: this.#model }, `Activating PDP context ${cid}`);
      await this.#deactivate(cid);
      await this.#retryActivate(cid, reason);
    }
  }

  async #retryActivate(cid: number, reason: string): Promise<void> {
    try {
      await this.#sendActivate(cid);
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) throw error;
      const hint = "check the APN, and that neither dial-up nor +CGACT uses the context";
      throw new ModemError("NO_CONNECTION", `Activating PDP context ${cid}: ${reason}; ${hint}`, error.cause);
    }
  }

  async #sendActivate(cid: number): Promise<void> {
    const order = command("+QIACT=", [cid], { timeout: this.#model.timeouts.activate });
    try {
      await this.#channel.send(order);
    } catch (error) {
      // Only the answer may have been lost, and activating an active one is an error.
      if (!isModemError(error, "MODEM_TIMEOUT") || (await this.#find(cid)) === undefined) throw error;
    }
  }

  async #deactivate(cid: number): Promise<void> {
    // A context that is not active may answer ERROR: it is what was wanted.
    await trySend(
      this.#channel,
      command("+QIDEACT=", [cid], { timeout: this.#model.timeouts.deactivate, repeatable: true }),
    );
    this.#lost.delete(cid);
  }

  /** Words for a failure that only told ERROR. */
  async #lastError(): Promise<string> {
    const answer = await unlessRejected(ask(this.#channel, query("+QIGETERROR")));
    const [number, text] = answer?.[0] ?? [];
    const code = toInteger(number);
    if (Number.isNaN(code) || code === 0) return "the network or the modem refused it";
    return `${ERRORS.get(code)?.text ?? text?.text ?? "error"} (${code})`;
  }

  async #find(cid: number): Promise<ActiveContext | undefined> {
    return (await this.#active()).find((context) => context.cid === cid);
  }

  async #active(): Promise<ActiveContext[]> {
    const contexts = await unlessRejected(ask(this.#channel, query("+QIACT?")));
    // Firmware that can't tell: those that were activated here, and that nothing was heard of since.
    if (contexts === undefined) return [...this.#wanted].filter((cid) => !this.#lost.has(cid)).map(withoutAddresses);
    return contexts.flatMap(([cid, state, , ...addresses]) => {
      if (toInteger(state) !== 1) return [];
      const parsed = addresses.map((field) => parseAddress(field.text)).filter((address) => address !== undefined);
      return [{ cid: toInteger(cid), addresses: parsed }];
    });
  }

  #onDeactivated(line: Line): void {
    const cid = toInteger(splitFields(line)[1]);
    if (Number.isNaN(cid)) return;
    this.#lost.add(cid);
    this.#tell(cid, "the network or the modem deactivated the context");
  }

  #tell(cid: number, reason: string): void {
    for (const listener of [...this.#listeners]) listener(cid, reason);
  }
}

function withoutAddresses(cid: number): ActiveContext {
  return { cid, addresses: [] };
}

function notActive(cid: number): ModemError {
  return new ModemError("NO_CONNECTION", `PDP context ${cid} is not active; activate it first`);
}
