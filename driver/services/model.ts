import type { Channel } from "../at/channel-types";
import type { Dialect } from "../at/dialect";
import type { DiagnosticsService } from "./diagnostics";
import type { FileService } from "./files";
import type { HttpService } from "./http/http";
import type { PacketDataService } from "./packet-data";
import type { SecurityService } from "./security/security";
import type { SocketService } from "./sockets/sockets";

export type ModelName = "LARA-R6" | "BG96";

/** What a model of modem can do for a flow. */
export interface Services {
  readonly packetData: PacketDataService;
  readonly diagnostics: DiagnosticsService;
  readonly files: FileService;
  readonly http: HttpService;
  readonly security: SecurityService;
  readonly sockets: SocketService;
}

/** Settings that the modem keeps in NVM and that only a reboot puts into force. */
export interface PersistentSettings {
  /** u-blox +UMNOPROF; undefined leaves it alone. */
  readonly mnoProfile?: number;
  /** u-blox guide 2.5: 464XLAT on an IPv6-only network; undefined leaves it alone. */
  readonly xlat?: boolean;
  /** Context of the modem's own clients (u-blox guide 2.3.1, +UDCONF=19) and the kind of address they prefer. */
  readonly defaultContext?: { readonly cid: number; readonly preferIpv6: boolean };
}

/** One modem of a model on a channel: set up by `life`, used by nodes through its services. */
export interface ModelDriver {
  readonly services: Services;
  /** Sends the settings that the modem forgets at a reboot: error texts, URCs, hex mode off, time-outs. */
  initialise(): Promise<void>;
  /**
   * Compares NVM with `settings` and writes, radio off, only what differs (flash wears out).
   * Resolves to true when something was written: the caller then reboots.
   */
  persist(settings: PersistentSettings): Promise<boolean>;
  /** Asks for a reboot; resolves at `OK`, before the modem is back. */
  reboot(): Promise<void>;
  /** Ends listeners and everything that still waits, with `error`. */
  dispose(error: Error): void;
}

/** A line of the table of models. */
export interface ModelDefinition {
  readonly name: ModelName;
  /** Whether this is the model, by the answers to ATI and +CGMM together. */
  matches(identification: string): boolean;
  readonly dialect: Dialect;
  /** Longest time from a reboot until commands are answered, in ms. */
  readonly bootTime: number;
  create(channel: Channel): ModelDriver;
}
