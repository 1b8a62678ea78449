import { isIPv4 } from "node:net";
import { reachableFrom } from "../../cellular/addresses";
import type { Context } from "../../cellular/radio";
import type { Modem } from "../../modem";

/** +UDCONF=19: context and preferred IP type of the modem's own clients (guide 2.3.1). */
export interface DefaultConnection {
  readonly cid: number;
  /** 0 IPv4, 1 IPv6 */
  readonly type: number;
}

const FACTORY: DefaultConnection = { cid: 1, type: 0 };
const STORED = "ublox.default-connection";

/** The +UDCONF=19 values in NVM, for the next start. */
export function storedDefaultConnection(modem: Modem): DefaultConnection {
  return modem.storage.get<DefaultConnection>(STORED) ?? FACTORY;
}

export function storeDefaultConnection(modem: Modem, connection: DefaultConnection): void {
  // The settings at start stay in force until the next reboot.
  defaultConnection(modem);
  modem.storage.set(STORED, connection);
}

/** The default connection in force since the last start. */
export function defaultConnection(modem: Modem): DefaultConnection {
  return modem.service("ublox.default-connection", storedDefaultConnection);
}

/** The context a client uses, if it is active. */
export function activeContext(modem: Modem, cid = defaultConnection(modem).cid): Context | undefined {
  const context = modem.radio.contexts.get(cid);
  return context?.active === true ? context : undefined;
}

const TRANSLATION = "ublox.464xlat";

/** Whether IPv4 over a context of IPv6 was asked for (464XLAT, guide 2.5), for the next start. */
export function translation(modem: Modem): number {
  return modem.storage.get<number>(TRANSLATION) ?? 0;
}

export function storeTranslation(modem: Modem, on: number): void {
  translationInForce(modem);
  modem.storage.set(TRANSLATION, on);
}

/** What the last start found. */
function translationInForce(modem: Modem): { readonly on: boolean } {
  return modem.service("ublox.464xlat", () => ({ on: translation(modem) === 1 }));
}

/** Whether the context leads to such an address: to IPv4 also by translation. */
export function reaches(modem: Modem, cid: number, address: string): boolean {
  const own = modem.radio.contexts.get(cid)?.addresses ?? [];
  const translated = own.length > 0 && isIPv4(address) && translationInForce(modem).on;
  return translated || reachableFrom(own)(address);
}

export function hasIPv4(context: Context): boolean {
  return context.addresses.some((address) => isIPv4(address));
}
