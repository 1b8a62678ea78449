import type { ModemSocket } from "./socket";
import type { SocketTable } from "./table";

/** Both directions of a connected socket, whatever its protocol. */
export interface Channel {
  /** Takes as many bytes as there is room for; returns their number. */
  write(bytes: Buffer): number;
  /** Received bytes; undefined if there are none. */
  read(): Buffer | undefined;
  /** Nothing more will arrive. */
  readonly ended: boolean;
  /** Calls back whenever `write` or `read` may be able to go on. */
  watch(changed: () => void): void;
}

/** Bytes that the line prints in one piece. */
const CHUNK = 1024;

/** Undefined if the socket is not connected. */
export function channelOf(table: SocketTable, socket: ModemSocket): Channel | undefined {
  return tcpChannel(table, socket) ?? udpChannel(socket);
}

function tcpChannel(table: SocketTable, socket: ModemSocket): Channel | undefined {
  const { connection } = socket;
  if (connection === undefined) return undefined;
  return {
    write(bytes) {
      // Bytes to a peer that is gone are lost.
      if (connection.ended) return bytes.length;
      const part = bytes.subarray(0, connection.room);
      return part.length > 0 && connection.write(part) ? part.length : 0;
    },
    read: () => (connection.unread === 0 ? undefined : connection.read(CHUNK)),
    get ended() {
      return connection.ended;
    },
    watch(changed) {
      connection.watch({
        received: changed,
        sent: changed,
        ended: (error) => {
          table.noteEnd(socket, error);
          changed();
        },
      });
    },
  };
}

function udpChannel(socket: ModemSocket): Channel | undefined {
  const { datagrams, peer } = socket;
  if (datagrams === undefined || peer === undefined) return undefined;
  socket.restOfDatagram = 0;
  return {
    write(bytes) {
      if (datagrams.pending + bytes.length > socket.sendQueue) return 0;
      datagrams.sendToPeer(bytes);
      return bytes.length;
    },
    read: () => datagrams.read(Number.POSITIVE_INFINITY)?.bytes,
    get ended() {
      return datagrams.over;
    },
    watch(changed) {
      datagrams.received = changed;
      datagrams.sent = changed;
      datagrams.ended = changed;
    },
  };
}
