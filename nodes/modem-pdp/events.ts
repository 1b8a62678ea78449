import type { ModemEvents } from "../../driver/modem-types";
import type { ObservableModem } from "../common/types";

/** A message of the second output. */
export interface PdpEvent {
  readonly event: "registration" | "connection" | "signal" | "radio" | "restarted";
  readonly payload: Record<string, unknown>;
}

/** Emits the modem's unsolicited events; returns a function that stops it. */
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
  // Each message gets its own object: flows change what they receive.
  const listener = (payload: ModemEvents[PdpEvent["event"]][0]) => emit({ event, payload: { ...payload } });
  modem.on(event, listener);
  return () => modem.off(event, listener);
}
