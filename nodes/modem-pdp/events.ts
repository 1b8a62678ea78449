import type { ModemEvents } from "../../driver/modem-types";
import type { ObservableModem } from "../common/types";

/** A message of the second output. */
export interface PdpEvent {
  readonly event: "registration" | "connection" | "signal" | "radio" | "restarted";
  readonly payload: Record<string, unknown>;
}

/** Passes on what the modem reports unasked; returns the way out. */
export function relayEvents(modem: ObservableModem, emit: (event: PdpEvent) => void): () => void {
  const relays = [
    relay(modem, "registration", emit),
    relay(modem, "connection", emit),
    relay(modem, "signal", emit),
    relay(modem, "radio", emit),
    relay(modem, "restarted", emit),
  ];
  return () => {
    for (const stop of relays) stop();
  };
}

function relay(modem: ObservableModem, event: PdpEvent["event"], emit: (event: PdpEvent) => void): () => void {
  // Each message gets an object of its own: flows change what they are given.
  const listener = (payload: ModemEvents[PdpEvent["event"]][0]) => emit({ event, payload: { ...payload } });
  modem.on(event, listener);
  return () => modem.off(event, listener);
}
