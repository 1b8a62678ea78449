import { isModemError } from "../../driver/errors";
import { GREEN_DOT, GREY_RING, RED_RING, type StatusText, YELLOW_RING } from "../common/status";

export interface SocketsState {
  readonly isListening: boolean;
  readonly isOpen: boolean;
  readonly isOpening: boolean;
  /** Accepted connections. */
  readonly connections: number;
  /** Why it is not open. */
  readonly failure: Error | undefined;
  /** Whom a connection is to. */
  readonly peer?: string | undefined;
}

/** The status of the sockets while the modem is ready. */
export function socketsStatus({
  isListening,
  isOpen,
  isOpening,
  connections,
  failure,
  peer,
}: SocketsState): StatusText {
  if (isListening && isOpen) {
    if (connections === 0) return { appearance: GREEN_DOT, key: "status.listening" };
    return { appearance: GREEN_DOT, key: "status.connections", values: { count: String(connections) } };
  }
  if (isOpen && peer !== undefined) return { appearance: GREEN_DOT, key: "status.connectedTo", values: { peer } };
  if (isOpen) return { appearance: GREEN_DOT, key: "status.connected" };
  if (isOpening) return { appearance: YELLOW_RING, key: "status.connecting" };
  if (failure === undefined) return { appearance: GREY_RING, key: "status.closed" };
  return { appearance: RED_RING, key: isModemError(failure) ? `status.error.${failure.code}` : "status.error.other" };
}
