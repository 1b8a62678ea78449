import { isModemError, type ModemError } from "../errors";
import type { ModemSettings } from "../modem-types";
import { KeptNameServers } from "../services/name-servers";
import type { PacketDataService, PdpContext } from "../services/packet-data";

/** A data connection came up or went away. */
export type ConnectionEvent = { cid: number; active: boolean; reason?: string };

/**
 * The data connections that a modem is to have, over all its sessions.
 *
 * With `connect: auto` that is the settings' own from the start; a flow adds and takes away.
 */
export class Connections {
  readonly #wanted = new Map<number, PdpContext>();
  readonly #active = new Set<number>();
  /** Those that were set by order, in the settings or by a flow. */
  readonly nameServers = new KeptNameServers();
  readonly #onChange: (event: ConnectionEvent) => void;
  /** Called when others are wanted than before. */
  onWanted: () => void = () => {};

  constructor(settings: ModemSettings, onChange: (event: ConnectionEvent) => void) {
    this.#onChange = onChange;
    const { cid, primaryDns = "", secondaryDns = "" } = settings;
    this.nameServers.keep(cid, { primary: primaryDns, secondary: secondaryDns });
    if (settings.connect === "auto") this.#wanted.set(settings.cid, contextOf(settings));
  }

  get wanted(): readonly PdpContext[] {
    return [...this.#wanted.values()];
  }

  get hasActive(): boolean {
    return this.#active.size > 0;
  }

  want(context: PdpContext): void {
    this.#wanted.set(context.cid, context);
    this.onWanted();
  }

  forget(cid: number): void {
    if (this.#wanted.delete(cid)) this.onWanted();
  }

  /** All that is wanted, as a text to compare. It may hold a password. */
  describe(): string {
    return JSON.stringify(this.wanted);
  }

  /** Activates one and tells. @throws {ModemError} `NO_CONNECTION` */
  async activate(packetData: PacketDataService, cid: number): Promise<void> {
    try {
      await packetData.activate(cid);
    } catch (error) {
      if (isModemError(error, "NO_CONNECTION")) this.lost(cid, error.message);
      throw error;
    }
    if (this.#active.has(cid)) return;
    this.#active.add(cid);
    this.#onChange({ cid, active: true });
  }

  /** Notes that one is gone, and tells when that is news. */
  lost(cid: number, reason: string): void {
    if (this.#active.delete(cid)) this.#onChange({ cid, active: false, reason });
  }

  /** Notes that all are gone, as after a reboot or an unplugging. */
  lostAll(error: ModemError): void {
    for (const cid of [...this.#active]) this.lost(cid, error.message);
  }
}

/** The connection of the settings, or another one made with the same user. */
export function contextOf(settings: ModemSettings, other: Partial<PdpContext> = {}): PdpContext {
  const { cid, apn, pdpType, authType, apnUser, apnPassword } = settings;
  return {
    cid: other.cid ?? cid,
    apn: other.apn ?? apn,
    pdpType: other.pdpType ?? pdpType,
    authType,
    ...(apnUser === undefined ? {} : { user: apnUser }),
    ...(apnPassword === undefined ? {} : { password: apnPassword }),
  };
}
