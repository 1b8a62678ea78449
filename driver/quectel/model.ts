import type { Dialect } from "../at/dialect";
import type { ModelDefinition } from "../services/model";
import type { QuectelServices } from "./driver";
import { QUECTEL_RAW_COMMANDS } from "./raw-commands";
import type { QuectelTraits } from "./traits";

/** How one Quectel model differs from another. */
export interface QuectelModel extends QuectelTraits {
  /** Whether this is the model, by the answers to ATI and +CGMM together. */
  readonly pattern: RegExp;
  readonly dialect: Dialect;
  /** Longest time from a reboot until commands are answered, in ms. */
  readonly bootTime: number;
  /** Of Quectel, or `vendor:product`. */
  readonly usbProducts: readonly string[];
}

/** A line of the table of models for one of Quectel's. */
export function quectelModel(model: QuectelModel): ModelDefinition<QuectelServices> & QuectelTraits {
  const { name, limits, timeouts, cipherSuites, pattern, dialect, bootTime, usbProducts } = model;
  return {
    name,
    manufacturer: "Quectel",
    usb: { vendor: "2c7c", products: usbProducts },
    limits,
    timeouts,
    cipherSuites,
    raw: QUECTEL_RAW_COMMANDS,
    matches: (identification) => pattern.test(identification),
    dialect,
    bootTime,
    create: async (channel) => {
      // Read with the first modem of this vendor: the services are most of the driver, and the start has no use for them.
      const { QuectelDriver } = await import("./driver.js");
      return new QuectelDriver(channel, model);
    },
  };
}
