import { type DatagramSocket, UdpSocket } from "../tcp-udp/datagrams";
import type { SocketSurroundings } from "../tcp-udp/tcp-udp";
import type { GatewayTarget } from "./types";

/** Datagrams to and from one peer. */
export interface DatagramChannel {
  /** Takes what arrives. */
  received: (bytes: Buffer) => void;
  /** The way to the peer is gone, which only a secured channel learns. Not called after `close`. */
  ended: () => void;
  /** Whether it arrives is unknown. */
  send(bytes: Buffer): void;
  /** Resolves once everything has left the modem, or can't any more. */
  drained(): Promise<void>;
  close(): void;
}

/** Bytes that can wait to be taken, which is at once. */
const BUFFER = 64 * 1024;

/** For the handshake of DTLS. */
const HANDSHAKE_TIMEOUT_MS = 60_000;

/** @throws {SocketError} `dns`, `unreachable`, `aborted`; with DTLS `tls` and `timeout`, too */
export async function openDatagrams(target: GatewayTarget, around: SocketSurroundings): Promise<DatagramChannel> {
  const { host: address, port, preferIPv6 = false, dtls } = target;
  const socket = await UdpSocket.open({ ipv6: true, preferIPv6, receive: BUFFER }, around);
  const peer = { address, port };
  if (dtls !== undefined) {
    const { DtlsSocket } = await import("../dtls/dtls.js");
    return channelOf(
      await DtlsSocket.open(dtls, { peer, timeout: HANDSHAKE_TIMEOUT_MS, receive: BUFFER }, socket, around),
    );
  }
  try {
    await socket.connect(peer);
  } catch (error) {
    socket.close();
    throw error;
  }
  return channelOf(socket);
}

function channelOf(socket: DatagramSocket): DatagramChannel {
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const channel: DatagramChannel = {
    received: () => undefined,
    ended: () => undefined,
    send: (bytes) => socket.sendToPeer(bytes),
    drained: () => (socket.pending === 0 ? Promise.resolve() : new Promise((resolve) => waiting.add(resolve))),
    close: () => {
      socket.close();
      wake();
    },
  };
  socket.sent = () => {
    if (socket.pending === 0) wake();
  };
  socket.ended = () => {
    wake();
    channel.ended();
  };
  socket.received = () => {
    for (let next = socket.read(BUFFER); next !== undefined; next = socket.read(BUFFER)) channel.received(next.bytes);
  };
  return channel;
}
