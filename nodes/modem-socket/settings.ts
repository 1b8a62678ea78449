import type { SecurityProfile } from "../../driver/services/security/security";
import type { SocketMode, SocketProtocol } from "../../driver/services/sockets/sockets";
import { findModem, findTls } from "../common/config-nodes";
import { invalid, notConfigured } from "../common/errors";
import { CONTEXT_RANGE } from "../common/limits";
import { flag, optionalChoice, optionalInteger, optionalText } from "../common/message/input";
import type { Runtime } from "../common/types";
import {
  type ModemSocketProperties,
  SOCKET_MODES,
  SOCKET_PROTOCOLS,
  SOCKET_RANGES,
  SOCKET_RETURN_TYPES,
  SOCKET_ROLES,
} from "./types";

/** The checked settings of the dialog. */
export interface SocketSettings {
  readonly protocol: SocketProtocol;
  readonly role: (typeof SOCKET_ROLES)[number];
  readonly localPort: number | undefined;
  /** s */
  readonly keepAlive: number;
  readonly isText: boolean;
  /** Empty: data are passed on as they arrive. */
  readonly delimiter: Buffer;
  readonly mode: SocketMode;
  readonly cid: number | undefined;
  /** s */
  readonly linger: number | undefined;
  readonly ttl: number | undefined;
  readonly tos: number | undefined;
  /** Whether what is sent gets the delimiter behind it. */
  readonly appendDelimiter: boolean;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "0": "\0", "\\": "\\" };

/** @throws {ModemError} `INVALID_INPUT` naming the field */
export function socketSettings(properties: ModemSocketProperties): SocketSettings {
  const { port, keepAlive, linger, ttl, tos } = SOCKET_RANGES;
  const settings: SocketSettings = {
    protocol: optionalChoice(properties.protocol, "protocol", SOCKET_PROTOCOLS) ?? "tcp",
    role: optionalChoice(properties.role, "role", SOCKET_ROLES) ?? "connect",
    localPort: optionalInteger(properties.localPort, "localPort", port),
    keepAlive: optionalInteger(properties.keepAlive, "keepAlive", keepAlive) ?? 0,
    isText: optionalChoice(properties.ret, "ret", SOCKET_RETURN_TYPES) === "utf8",
    delimiter: Buffer.from(unescaped(optionalText(properties.delimiter, "delimiter") ?? "")),
    mode: optionalChoice(properties.mode, "mode", SOCKET_MODES) ?? "command",
    cid: optionalInteger(properties.cid, "cid", CONTEXT_RANGE),
    // A connection's alone: of UDP the dialog hides it.
    linger: properties.protocol === "udp" ? undefined : optionalInteger(properties.linger, "linger", linger),
    ttl: optionalInteger(properties.ttl, "ttl", ttl),
    tos: optionalInteger(properties.tos, "tos", tos),
    appendDelimiter: flag(properties.appendDelimiter, "appendDelimiter", false),
  };
  if (settings.role === "listen" && settings.localPort === undefined) {
    throw invalid("localPort", "is missing: enter the port to listen on");
  }
  if (settings.mode === "direct" && (settings.role === "listen" || settings.protocol === "udp")) {
    throw invalid("mode", "can be direct only for a TCP connection to a server: choose command");
  }
  return settings;
}

/** The escapes of the core TCP nodes, plus two. */
function unescaped(text: string): string {
  return text.replace(/\\([nrt0\\])/g, (sequence, letter: string) => ESCAPES[letter] ?? sequence);
}

/**
 * Looked up before anything is sent: data that should be secure must not go out in plain.
 *
 * @throws {ModemError} `INVALID_INPUT`
 */
export function socketSecurity(
  RED: Runtime,
  { tls: id, modem: modemId }: ModemSocketProperties,
  { role }: SocketSettings,
): SecurityProfile | undefined {
  const tls = findTls(RED, id);
  if (tls === undefined) return undefined;
  if (role === "listen") throw invalid("tls", "can't be used for a listening socket: choose none");
  const modem = findModem(RED, modemId);
  if (modem === undefined) throw notConfigured();
  return tls.profileFor(modem);
}
