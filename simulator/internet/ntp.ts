import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { type Internet, InternetError } from "./internet";
import { ownInternet } from "./own-internet";
import type { OwnInternet } from "./own-traffic";
import type { Endpoint } from "./tcp-udp/tcp-udp";

const PACKET = 48;
/** Leap indicator 0, version 4, mode 3: a client (RFC 4330 chapter 4). */
const CLIENT = 0x23;
const SERVER_MODE = 4;
const STRATUM = 1;
const TRANSMIT_TIMESTAMP = 40;
/** s from 1900, NTP's epoch, to 1970. */
const EPOCH = 2_208_988_800;

export interface NtpOptions {
  /** ms */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/**
 * Asks a time server.
 * @returns ms since 1970
 * @throws {InternetError} `dns`, `timeout`, or `closed` when it does not answer as a time server
 */
export async function askTime(internet: Internet, host: string, port: number, options: NtpOptions): Promise<number> {
  const target = internet.target(host, port);
  const [address] = await internet.lookup(target.host);
  if (address === undefined) throw new InternetError("dns", `${host} has no address`);
  await internet.delay(options.signal);
  const own = await ownInternet(address);
  const answer = await exchange({ address, port: target.port }, options, own);
  const mode = (answer[0] ?? 0) & 0x07;
  // Stratum 0 is a refusal, a "kiss of death".
  if (answer.length < PACKET || mode !== SERVER_MODE || answer[STRATUM] === 0) {
    throw new InternetError("closed", `${host} is no time server`);
  }
  return (answer.readUInt32BE(TRANSMIT_TIMESTAMP) - EPOCH) * 1000;
}

function exchange(server: Endpoint, { timeout, signal }: NtpOptions, own: OwnInternet | undefined): Promise<Buffer> {
  const request = Buffer.alloc(PACKET);
  request[0] = CLIENT;
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
      close();
      settle();
    };
    const fail = (failure: "timeout" | "closed", reason: string) => () => {
      end(() => reject(new InternetError(failure, reason)));
    };
    const giveUp = fail("closed", "the modem was switched off");
    const timer = setTimeout(fail("timeout", "no answer"), timeout);
    signal.addEventListener("abort", giveUp, { once: true });
    const take = (answer: Buffer) => end(() => resolve(answer));
    const broken = (error: Error) => fail("closed", error.message)();
    const close = own === undefined ? ask(server, request, take, broken) : askOwn(own, server, request, take);
  });
}

/** @returns what closes the socket */
function ask(
  { address, port }: Endpoint,
  request: Buffer,
  take: (answer: Buffer) => void,
  fail: (error: Error) => void,
): () => void {
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  socket.once("message", take);
  socket.once("error", fail);
  socket.connect(port, address, () => socket.send(request));
  return () => socket.close();
}

function askOwn(own: OwnInternet, server: Endpoint, request: Buffer, take: (answer: Buffer) => void): () => void {
  const end = own.bind(0, take);
  end.send(request, server);
  return () => end.close();
}
