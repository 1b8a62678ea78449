import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import type { NumberRule } from "../parameters";
import { TcpIpError, TcpIpFailure, tcpIp, tcpIpParameters } from "../tcpip-errors";
import type { Piece } from "./channel";

type Rule = Required<NumberRule>;

const FLAG: Rule = { min: 0, max: 1, fallback: 0 };

/** +QICFG (TCP/IP manual): the values of each name, with their ranges and initial values. */
const SETTINGS = {
  /** Bytes of a packet in transparent mode. */
  transpktsize: [{ min: 1, max: 1460, fallback: 1024 }],
  /** Tenths of a second without more data, after which a shorter packet goes out. */
  transwaittm: [{ min: 0, max: 20, fallback: 2 }],
  /** For sent and for received data: 0 unchanged, 1 as hexadecimal digits. */
  dataformat: [FLAG, FLAG],
  /** 1: data are on the line of their header. */
  viewmode: [FLAG],
  /** Retransmissions, and tenths of a second before the first. */
  "tcp/retranscfg": [
    { min: 3, max: 20, fallback: 8 },
    { min: 5, max: 1000, fallback: 600 },
  ],
} as const satisfies Readonly<Record<string, readonly Rule[]>>;

type SettingName = keyof typeof SETTINGS;

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

function values(modem: Modem): Map<SettingName, readonly number[]> {
  return modem.service("quectel/socket-settings", () => new Map<SettingName, readonly number[]>());
}

/** The values set by +QICFG since the last boot. */
export function socketSetting(modem: Modem, name: SettingName): readonly number[] {
  return values(modem).get(name) ?? SETTINGS[name].map(({ fallback }) => fallback);
}

function configure(call: Call, modem: Modem): void {
  const parameters = tcpIpParameters(call).expect(1, 3);
  const name = parameters.text(0).toLowerCase();
  if (!isSettingName(name)) throw new TcpIpFailure(TcpIpError.invalidParameter);
  if (parameters.count === 1) {
    call.info(`+QICFG: "${name}",${socketSetting(modem, name).join(",")}`);
    return;
  }
  const rules: readonly Rule[] = SETTINGS[name];
  parameters.expect(1 + rules.length, 1 + rules.length);
  values(modem).set(
    name,
    rules.map(({ min, max }, index) => parameters.number(index + 1, { min, max })),
  );
}

function listSettings(call: Call): void {
  for (const [name, rules] of Object.entries<readonly Rule[]>(SETTINGS)) {
    call.info(`+QICFG: "${name}",${rules.map(({ min, max }) => `(${min}-${max})`).join(",")}`);
  }
}

interface SendEcho {
  on: number;
}

/** +QISDE: whether input at a send prompt is echoed; on after every boot. */
export function sendEcho(modem: Modem): SendEcho {
  return modem.service<SendEcho>("quectel/send-echo", () => ({ on: 1 }));
}

function setSendEcho(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  sendEcho(modem).on = integerAt(call, 0, 0, 1);
}

/** A header with its data, formatted by "dataformat" and "viewmode". */
export function withData(modem: Modem, header: string, bytes: Buffer): (string | Buffer)[] {
  const [, hexadecimal] = socketSetting(modem, "dataformat");
  const separator = socketSetting(modem, "viewmode")[0] === 1 ? "," : "\r\n";
  return [`${header}${separator}`, hexadecimal === 1 ? bytes.toString("hex").toUpperCase() : bytes];
}

/** `<length>`, and the sender of a datagram. */
export function lengthAndSender({ bytes, from }: Piece): string {
  return from === undefined ? `${bytes.length}` : `${bytes.length},"${from.address}",${from.port}`;
}

/** Unsolicited data (direct push). */
export function pushedText(modem: Modem, header: string, piece: Piece): (string | Buffer)[] {
  return withData(modem, `${header},${lengthAndSender(piece)}`, piece.bytes);
}

export const socketSettingCommands: readonly CommandDefinition[] = [
  { name: "+QICFG", test: listSettings, set: tcpIp(configure) },
  {
    name: "+QISDE",
    test: (call) => call.info("+QISDE: (0,1)"),
    read: (call, modem) => call.info(`+QISDE: ${sendEcho(modem).on}`),
    set: setSendEcho,
  },
];
