import { InternetError } from "../../internet/internet";
import { ping } from "../../internet/ping";
import type { Call, CommandDefinition } from "../../line/command";
import type { Modem } from "../../modem";
import { contexts } from "../packet-data/contexts";
import { TcpIpError, TcpIpFailure, tcpIp, tcpIpParameters } from "../tcpip-errors";

const CONTEXT = { min: 1, max: 16 } as const;
const LONGEST_HOST = 255;
/** Bytes of an echo request; BG96 has no parameter for it. */
const PING_SIZE = 32;
const PING_TTL = 255;
/** This machine's resolver does not report a name's time to live. */
const NAME_TTL_S = 600;

interface Wanted {
  readonly cid: number;
  readonly host: string;
  readonly signal: AbortSignal;
}

function wanted(call: Call, modem: Modem, most: number): Wanted {
  const parameters = tcpIpParameters(call).expect(2, most);
  const cid = parameters.number(0, CONTEXT);
  const host = parameters.text(1, { maxLength: LONGEST_HOST });
  if (host === "") throw new TcpIpFailure(TcpIpError.invalidParameter);
  const signal = contexts(modem).signal(cid);
  if (signal === undefined) throw new TcpIpFailure(TcpIpError.contextDown);
  return { cid, host, signal: AbortSignal.any([signal, modem.powerCycle]) };
}

async function resolveFirst(modem: Modem, { cid, host }: Wanted): Promise<string | undefined> {
  try {
    const [address] = await contexts(modem).resolve(cid, host);
    return address;
  } catch (error) {
    if (error instanceof InternetError) return undefined;
    throw error;
  }
}

function startPing(call: Call, modem: Modem): void {
  const target = wanted(call, modem, 4);
  const parameters = tcpIpParameters(call);
  const timeout = parameters.number(2, { min: 1, max: 255, fallback: 4 });
  const tries = parameters.number(3, { min: 1, max: 10, fallback: 4 });
  call.afterResult(() => runPing(modem, target, timeout * 1000, tries));
}

/** One line per try, then the summary, all with the same prefix (TCP/IP manual, LIVE captures). */
async function runPing(modem: Modem, target: Wanted, timeout: number, tries: number): Promise<void> {
  const address = await resolveFirst(modem, target);
  if (target.signal.aborted) return;
  if (address === undefined) {
    modem.urc(`+QPING: ${TcpIpError.dnsParse}`);
    return;
  }
  const times: number[] = [];
  for (let sent = 0; sent < tries; sent += 1) {
    const outcome = await pingOnce(modem, address, timeout, target.signal);
    if (target.signal.aborted) return;
    if (outcome.kind === "reply") times.push(outcome.rtt);
    modem.urc(
      outcome.kind === "reply"
        ? `+QPING: 0,"${address}",${PING_SIZE},${outcome.rtt},${outcome.ttl}`
        : `+QPING: ${TcpIpError.timeout}`,
    );
  }
  modem.urc(`+QPING: 0,${tries},${times.length},${tries - times.length},${statistics(times)}`);
}

async function pingOnce(modem: Modem, address: string, timeout: number, signal: AbortSignal) {
  try {
    return await ping(modem.internet, address, { timeout, ttl: PING_TTL, signal });
  } catch (error) {
    if (error instanceof InternetError) return { kind: "timeout" } as const;
    throw error;
  }
}

/** Least, most and mean time in ms; zeros without a reply. */
function statistics(times: readonly number[]): string {
  if (times.length === 0) return "0,0,0";
  const sum = times.reduce((total, time) => total + time, 0);
  return `${Math.min(...times)},${Math.max(...times)},${Math.round(sum / times.length)}`;
}

function startLookup(call: Call, modem: Modem): void {
  const target = wanted(call, modem, 2);
  call.afterResult(() => runLookup(modem, target));
}

async function runLookup(modem: Modem, { cid, host, signal }: Wanted): Promise<void> {
  try {
    await modem.internet.delay(signal);
    const addresses = await contexts(modem).resolve(cid, host);
    if (signal.aborted) return;
    modem.urc(`+QIURC: "dnsgip",0,${addresses.length},${NAME_TTL_S}`);
    for (const address of addresses) modem.urc(`+QIURC: "dnsgip","${address}"`);
  } catch (error) {
    if (!(error instanceof InternetError)) throw error;
    if (!signal.aborted) modem.urc(`+QIURC: "dnsgip",${TcpIpError.dnsParse}`);
  }
}

/** BG96 TCP/IP manual: +QPING and +QIDNSGIP, both answered by URCs after OK. */
export const diagnosticCommands: readonly CommandDefinition[] = [
  { name: "+QPING", test: (call) => call.info("+QPING: (1-16),<host>,(1-255),(1-10)"), set: tcpIp(startPing) },
  { name: "+QIDNSGIP", test: (call) => call.info("+QIDNSGIP: (1-16),<hostname>"), set: tcpIp(startLookup) },
];
