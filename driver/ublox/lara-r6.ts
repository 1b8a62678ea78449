import { LARA_R6_DIALECT } from "./dialect";
import { ubloxModel } from "./model";
import { CIPHER_SUITES } from "./security/cipher-suites";
import { TIMEOUTS } from "./timeouts";

/** u-blox LARA-R6 (LARA-R6001, R6401, R6801 and their data-only variants). */
export const LARA_R6 = ubloxModel({
  name: "LARA-R6",
  pattern: /\bLARA-R6/i,
  dialect: LARA_R6_DIALECT,
  bootTime: 10_000,
  // Linux `drivers/usb/serial/option.c`; the first is Qualcomm's, which it bears as it is delivered.
  usbProducts: ["05c6:908b", "1310", "1311", "1312", "1313"],
  timeouts: TIMEOUTS,
  cipherSuites: CIPHER_SUITES,
  limits: {
    contexts: 8,
    // Primary ones; 8 with the secondary ones, which the driver does not make (guide 2.1).
    activeContexts: 5,
    // Secure ones, listening and accepted ones included (guide 5.11).
    sockets: 7,
    write: 1024,
    hexWrite: 512,
    read: 1024,
    // Guide 5.3.3.
    queue: { plain: 8192, secure: 1024 },
    // AT facts 3.4: it takes no larger number.
    directLink: 2048,
    // +USOSO takes ms: up to 2^31 - 1, and 32767 (AT facts 3.3).
    keepAlive: 2_147_483,
    linger: 32,
    httpProfiles: 4,
    securityProfiles: 5,
    // It has memory for four at once, of all its clients together (guide 3.3).
    secureConnections: 4,
    certificateName: 200,
    // +UHTTP=…,9: numbered from 0 to 4 (guide 10.1).
    headers: 5,
    // Of the sister modules' manuals; the guide prints none.
    http: { host: 255, path: 1500, credential: 256, header: 512, data: 128 },
    // AT facts 5.2: more goes from a file.
    mqttSessions: 1,
    mqttVersions: ["3.1.1"],
    mqttPayload: 8192,
    mqttTopic: 256,
    // AT facts 5.3: one datagram.
    mqttSnSessions: 1,
    mqttSnPayload: 1017,
    mqttSnTopic: 256,
    client: { setting: 256, credential: 256, text: 1024, hex: 512, binary: 1024 },
  },
});
