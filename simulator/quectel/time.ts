import { flag, setting, settingCommand } from "../cellular/settings";
import { setTime } from "../cellular/time";
import { InternetError, type InternetFailure } from "../internet/internet";
import { askTime } from "../internet/ntp";
import type { Call, CommandDefinition } from "../line/command";
import { expectCount, integerAt } from "../line/parameters";
import type { Modem } from "../modem";
import { contexts } from "./packet-data/contexts";
import { TcpIpError, TcpIpFailure, tcpIp, tcpIpParameters } from "./tcpip-errors";

const LONGEST_SERVER = 100;
const NTP_PORT = 123;
/** Bounds the wait for the time server; the command's own maximum is 125 s. */
const NTP_TIMEOUT_MS = 10_000;

const FAILURES: Partial<Record<InternetFailure, number>> = { dns: TcpIpError.dnsParse, timeout: TcpIpError.timeout };

/** yyyy/MM/dd,hh:mm:ss+zz with zz in quarter hours: this network is on UTC. */
function stamp(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replaceAll("-", "/").replace("T", ",")}+00`;
}

/** Latest, GMT or local time of the network (the same here) and daylight saving; empty before a network was found. */
function networkTime(call: Call, modem: Modem): void {
  expectCount(call, 0, 1);
  integerAt(call, 0, 0, 2, 0);
  const known = modem.radio.registration === 1;
  call.info(known ? `+QLTS: "${stamp(Date.now())},0"` : '+QLTS: ""');
}

const zoneUpdates = settingCommand({ name: "+CTZU", fields: [flag] });

/** With +CTZU on, the clock takes the network's time, now and at every registration (27.007 8.40). */
function followNetwork(modem: Modem): void {
  const update = () => {
    if (setting(modem, "+CTZU")[0] === 1 && modem.radio.registration === 1) setTime(modem, Date.now(), 0);
  };
  modem.service("quectel/ctzu", () => modem.radio.onRegistration(update));
  update();
}

interface Synchronisation {
  server: string | undefined;
}

function synchronisation(modem: Modem): Synchronisation {
  return modem.service<Synchronisation>("quectel/ntp", () => ({ server: undefined }));
}

/** +QNTP=<context>,"server"[,<port>[,<set the clock>]]: OK, then a line with the outcome. */
function synchronise(call: Call, modem: Modem): void {
  const parameters = tcpIpParameters(call).expect(2, 4);
  const cid = parameters.number(0, { min: 1, max: 16 });
  const host = parameters.text(1, { maxLength: LONGEST_SERVER });
  const port = parameters.number(2, { min: 1, max: 65535, fallback: NTP_PORT });
  const sets = parameters.number(3, { min: 0, max: 1, fallback: 1 }) === 1;
  const context = contexts(modem).signal(cid);
  const running = synchronisation(modem);
  if (context === undefined) throw new TcpIpFailure(TcpIpError.contextDown);
  if (running.server !== undefined) throw new TcpIpFailure(TcpIpError.busy);
  running.server = `"${host}",${port}`;
  const signal = AbortSignal.any([context, modem.powerCycle]);
  call.afterResult(async () => {
    const outcome = await timeOf(modem, host, port, signal);
    running.server = undefined;
    if (signal.aborted) return;
    if (sets && outcome.time !== undefined) setTime(modem, outcome.time, 0);
    modem.urc(`+QNTP: ${outcome.error}${outcome.time === undefined ? "" : `,"${stamp(outcome.time)}"`}`);
  });
}

interface Outcome {
  readonly error: number;
  /** ms since 1970 */
  readonly time?: number;
}

async function timeOf(modem: Modem, host: string, port: number, signal: AbortSignal): Promise<Outcome> {
  try {
    return { error: 0, time: await askTime(modem.internet, host, port, { timeout: NTP_TIMEOUT_MS, signal }) };
  } catch (error) {
    if (error instanceof InternetError) return { error: FAILURES[error.failure] ?? TcpIpError.unknown };
    throw error;
  }
}

function showServer(call: Call, modem: Modem): void {
  const { server } = synchronisation(modem);
  if (server !== undefined) call.info(`+QNTP: ${server}`);
}

/** AT manual, +QLTS; TCP/IP manual, +QNTP. */
export const timeCommands: readonly CommandDefinition[] = [
  {
    ...zoneUpdates,
    set: async (call, modem) => {
      await zoneUpdates.set?.(call, modem);
      followNetwork(modem);
    },
  },
  { name: "+QLTS", execute: networkTime, set: networkTime, test: (call) => call.info("+QLTS: (0-2)") },
  {
    name: "+QNTP",
    set: tcpIp(synchronise),
    read: showServer,
    test: (call) => call.info("+QNTP: (1-16),<server>,(1-65535),(0,1)"),
  },
];
