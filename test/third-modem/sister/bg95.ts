import { BG96 } from "../../../driver/quectel/bg96";
import { quectelModel } from "../../../driver/quectel/model";
import { CIPHER_SUITES } from "../../../driver/quectel/security/cipher-suites";
import { TIMEOUTS } from "../../../driver/quectel/timeouts";

/** A model of a vendor that the package knows, which differs in a few facts: this file is all that it takes. */
export const BG95 = quectelModel({
  ...BG96,
  name: "BG95",
  pattern: /\bBG95/,
  usbProducts: ["0700"],
  timeouts: { ...TIMEOUTS, dns: 30_000, file: 7_000 },
  cipherSuites: new Map([...CIPHER_SUITES, ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "0XC030"]]),
  limits: { ...BG96.limits, contexts: 15, send: 1000, read: 900 },
});
