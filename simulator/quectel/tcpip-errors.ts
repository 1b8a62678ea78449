import type { Call, CommandDefinition, Handler } from "../line/command";
import { PlainError } from "../line/results";
import type { Modem } from "../modem";
import { Parameters } from "./parameters";

/** Numbers of the TCP/IP manual, reported by +QIGETERROR. */
export const TcpIpError = {
  unknown: 550,
  invalidParameter: 552,
  bind: 556,
  write: 558,
  openContext: 561,
  identityUsed: 563,
  dnsParse: 565,
  connect: 566,
  closed: 567,
  busy: 568,
  timeout: 569,
  contextDown: 570,
  cancelSend: 571,
  notAllowed: 572,
  apnNotConfigured: 573,
  portBusy: 574,
} as const;

/** Words of all numbers that BG96's TCP/IP and SSL commands know. */
export const TCP_IP_TEXTS: ReadonlyMap<number, string> = new Map([
  [0, "Operate success"],
  [550, "Unknown error"],
  [551, "Operation blocked"],
  [552, "Invalid parameters"],
  [553, "Memory not enough"],
  [554, "Create socket failed"],
  [555, "Operation not supported"],
  [556, "Socket bind failed"],
  [557, "Socket listen failed"],
  [558, "Socket write failed"],
  [559, "Socket read failed"],
  [560, "Socket accept failed"],
  [561, "Open PDP context failed"],
  [562, "Close PDP context failed"],
  [563, "Socket identity has been used"],
  [564, "DNS busy"],
  [565, "DNS parse failed"],
  [566, "Socket connect failed"],
  [567, "Socket has been closed"],
  [568, "Operation busy"],
  [569, "Operation timeout"],
  [570, "PDP context broken down"],
  [571, "Cancel send"],
  [572, "Operation not allowed"],
  [573, "APN not configured"],
  [574, "Port busy"],
]);

/** Ends a TCP/IP command: the line shows only `ERROR`; +QIGETERROR tells the reason. */
export class TcpIpFailure extends PlainError {
  constructor(readonly reason: number) {
    super(TCP_IP_TEXTS.get(reason));
  }
}

interface LastError {
  reason: number;
}

function lastError(modem: Modem): LastError {
  return modem.service<LastError>("quectel/tcpip-error", () => ({ reason: 0 }));
}

/** Failures after a command's result count too. */
export function noteError(modem: Modem, reason: number): void {
  lastError(modem).reason = reason;
}

/** A handler whose outcome +QIGETERROR remembers. */
export function tcpIp(handler: Handler): Handler {
  return async (call, modem) => {
    const last = lastError(modem);
    try {
      await handler(call, modem);
      last.reason = 0;
    } catch (error) {
      if (error instanceof TcpIpFailure) last.reason = error.reason;
      throw error;
    }
  };
}

export function tcpIpParameters(call: Call): Parameters {
  return new Parameters(call, () => new TcpIpFailure(TcpIpError.invalidParameter));
}

/** +QIGETERROR (TCP/IP manual): the outcome of the last TCP/IP command. */
export const errorCommands: readonly CommandDefinition[] = [
  {
    name: "+QIGETERROR",
    test: () => undefined,
    execute: (call, modem) => {
      const { reason } = lastError(modem);
      call.info(`+QIGETERROR: ${reason},"${TCP_IP_TEXTS.get(reason) ?? ""}"`);
    },
  },
];
