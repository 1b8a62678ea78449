import type { ModemSettings } from "../driver/modem-types";

/** A modem at `port` with everything else as a new config node has it. */
export function modemSettings(port: string, baudRate: number): ModemSettings {
  return {
    port,
    baudRate,
    flowControl: false,
    dataBits: 8,
    parity: "none",
    stopBits: 1,
    model: "auto",
    apn: "",
    pdpType: "IPV4V6",
    cid: 1,
    authType: "none",
    connect: "auto",
  };
}
