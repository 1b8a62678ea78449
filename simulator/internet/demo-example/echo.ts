import type { StreamSocket } from "../own-traffic";

/** The echo protocol by TCP (RFC 862). */
export function echoStream(socket: StreamSocket): void {
  // A client that goes away is not an error.
  socket.on("error", () => socket.destroy());
  socket.pipe(socket);
}

/** The echo protocol by UDP (RFC 862). */
export function echoDatagrams(bytes: Buffer): Buffer {
  return bytes;
}

const PACKET = 48;
/** Leap indicator 0, version 4, mode 4: a server (RFC 4330 chapter 4). */
const SERVER = 0x24;
const STRATUM = 1;
const ORIGINATE_TIMESTAMP = 24;
const RECEIVE_TIMESTAMP = 32;
const TRANSMIT_TIMESTAMP = 40;
/** s from 1900, NTP's epoch, to 1970. */
const EPOCH = 2_208_988_800;

/** This machine's time, as a time server tells it (RFC 4330). */
export function tellTime(request: Buffer): Buffer | undefined {
  if (request.length < PACKET) return undefined;
  const answer = Buffer.alloc(PACKET);
  answer.writeUInt8(SERVER);
  answer.writeUInt8(1, STRATUM);
  request.copy(answer, ORIGINATE_TIMESTAMP, TRANSMIT_TIMESTAMP, PACKET);
  for (const field of [RECEIVE_TIMESTAMP, TRANSMIT_TIMESTAMP]) {
    answer.writeUInt32BE(Math.floor(Date.now() / 1000) + EPOCH, field);
  }
  return answer;
}
