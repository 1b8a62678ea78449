import { isIP } from "node:net";
import { ModemError } from "../errors";

/** Empty: the network's own. */
export interface NameServers {
  readonly primary: string;
  readonly secondary: string;
}

/** An address without a zone, which means nothing to a modem: `fe80::1%eth0` names an interface of the gateway. */
export function isServerAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes("%");
}

/** @throws {ModemError} `INVALID_INPUT` for what is neither an address nor empty */
export function checkNameServers({ primary, secondary }: NameServers): void {
  for (const [field, address] of [
    ["primaryDns", primary],
    ["secondaryDns", secondary],
  ] as const) {
    if (address !== "" && !isServerAddress(address))
      throw new ModemError("INVALID_INPUT", `${field} must be an IP address`);
  }
}

/**
 * The name servers that were set by order, by context, over all sessions with a modem: it forgets them with a lost
 * context or at a reboot.
 */
export class KeptNameServers {
  readonly #servers = new Map<number, NameServers>();

  get(cid: number): NameServers | undefined {
    return this.#servers.get(cid);
  }

  /** An empty one leaves what there was. */
  keep(cid: number, { primary, secondary }: NameServers): void {
    if (primary === "" && secondary === "") return;
    const before = this.#servers.get(cid);
    this.#servers.set(cid, {
      primary: primary || (before?.primary ?? ""),
      secondary: secondary || (before?.secondary ?? ""),
    });
  }

  /** The network's servers, or, where any was set, first and second with those in their places. */
  override(cid: number, network: readonly string[]): readonly string[] {
    const kept = this.#servers.get(cid);
    if (kept === undefined) return network;
    const [first, second] = network;
    const servers = [kept.primary || first, kept.secondary || second];
    return [...new Set(servers.filter((server) => server !== undefined))];
  }
}
