import { LARA_R6 } from "../../../driver/ublox/lara-r6";
import { ubloxModel } from "../../../driver/ublox/model";
import { TIMEOUTS } from "../../../driver/ublox/timeouts";

/** A model of a vendor that the package knows, which differs in a few facts: this file is all that it takes. */
export const SARA_R5 = ubloxModel({
  ...LARA_R6,
  name: "SARA-R5",
  pattern: /\bSARA-R5/i,
  usbProducts: ["4001"],
  timeouts: { ...TIMEOUTS, dns: 70_000 },
  limits: { ...LARA_R6.limits, write: 600, hexWrite: 300, read: 700, queue: { plain: 4096, secure: 512 } },
});
