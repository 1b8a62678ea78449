import type { ModelDefinition, Services } from "../services/model";
import { UBLOX_RAW_COMMANDS } from "./raw-commands";
import type { UbloxTraits } from "./traits";

/** How one u-blox model differs from another. */
export interface UbloxModel extends UbloxTraits {
  /** Whether this is the model, by the answers to ATI and +CGMM together. */
  readonly pattern: RegExp;
  /** Longest time from a reboot until commands are answered, in ms. */
  readonly bootTime: number;
  /** Of u-blox, or `vendor:product`. */
  readonly usbProducts: readonly string[];
}

/** A line of the table of models for one of u-blox's. */
export function ubloxModel(model: UbloxModel): ModelDefinition<Services> & UbloxTraits {
  const { name, limits, timeouts, cipherSuites, pattern, dialect, bootTime, usbProducts } = model;
  return {
    name,
    manufacturer: "u-blox",
    usb: { vendor: "1546", products: usbProducts },
    limits,
    timeouts,
    cipherSuites,
    raw: UBLOX_RAW_COMMANDS,
    matches: (identification) => pattern.test(identification),
    dialect,
    bootTime,
    create: async (channel) => {
      // Read with the first modem of this vendor: the services are most of the driver, and the start has no use for them.
      const { UbloxDriver } = await import("./driver.js");
      return new UbloxDriver(channel, model);
    },
  };
}
