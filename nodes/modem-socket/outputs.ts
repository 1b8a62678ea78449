import type { ModemSocket, SocketAddress } from "../../driver/services/sockets/sockets";
import type { Message } from "../common/types";

export type SocketEventName = "connected" | "accepted" | "closed" | "sent" | "status";

/** What the second output says of a socket; the number and the address as far as there are some. */
export interface SocketEvent {
  readonly event: SocketEventName;
  readonly socket?: number;
  readonly ip?: string;
  readonly port?: number;
  readonly payload: Record<string, unknown>;
}

/** Where a node's messages go; nothing goes out of a node that was stopped. */
export interface Outputs {
  data(message: Message): void;
  event(event: SocketEvent): void;
}

/** Of a socket, or of none where several or none are meant. */
export function socketEvent(
  event: SocketEventName,
  socket: ModemSocket | undefined,
  payload: Record<string, unknown>,
): SocketEvent {
  return { event, ...(socket && { socket: socket.number, ...address(socket.remote) }), payload };
}

function address(remote: SocketAddress | undefined): Partial<SocketAddress> {
  return remote === undefined ? {} : { ip: remote.ip, port: remote.port };
}
