import type { ModemSocket, SocketAddress } from "../../driver/services/sockets/sockets";
import type { Message } from "../common/types";

export type SocketEventName = "connected" | "accepted" | "closed" | "sent" | "status";

/** A message of the second output; with the socket's number and address if known. */
export interface SocketEvent {
  readonly event: SocketEventName;
  readonly socket?: number;
  readonly ip?: string;
  readonly port?: number;
  readonly payload: Record<string, unknown>;
}

/** A node's outputs; a stopped node sends nothing. */
export interface Outputs {
  data(message: Message): void;
  event(event: SocketEvent): void;
}

/** An event of one socket, or of none if it concerns several or no socket. */
export function socketEvent(
  event: SocketEventName,
  socket: ModemSocket | undefined,
  payload: Record<string, unknown>,
): SocketEvent {
  return { event, ...(socket && { socket: socket.number, ...address(socket.remote) }), payload };
}

function address(remote: SocketAddress | undefined): Partial<SocketAddress> {
  return remote === undefined || remote.ip === "" ? {} : { ip: remote.ip, port: remote.port };
}
