import { BG96_DIALECT } from "./dialect";
import { quectelModel } from "./model";
import { CIPHER_SUITES } from "./security/cipher-suites";
import { TIMEOUTS } from "./timeouts";

/** Quectel BG96: LTE Cat M1, NB-IoT and GPRS. */
export const BG96 = quectelModel({
  name: "BG96",
  pattern: /\bBG96\b/,
  dialect: BG96_DIALECT,
  // CFUN=1,1 takes up to 15 s, the boot 10 s more (AT facts 1.3, 11).
  bootTime: 30_000,
  // Linux `drivers/usb/serial/option.c`.
  usbProducts: ["0296"],
  timeouts: TIMEOUTS,
  cipherSuites: CIPHER_SUITES,
  limits: {
    contexts: 16,
    activeContexts: 3,
    // AT facts 2.2: TLS included.
    sockets: 12,
    // AT facts 2.2: +QISEND cuts off what is beyond.
    send: 1460,
    // AT facts 2.2, 3.2: +QIRD and +QSSLRECV.
    read: 1500,
    sslContexts: [1, 2, 3, 4, 5, 0],
    // AT facts 4: as any file's.
    certificateName: 80,
    lacks: ["keepAlive", "linger", "ttl", "tos", "mnoProfile", "xlat"],
    // Guide 2.2 to 2.4.
    http: { url: 700, get: 2_048, post: 1_024_000 },
    // AT facts 6: clients 0 to 5; a message has 1548 bytes at most.
    mqttSessions: 6,
    mqttPayload: 1_548,
    mqttTopic: 256,
    mqtt: { host: 100, text: 256, keepAlive: 3_600, retries: 3, backlog: 4 * 1024 * 1024 },
  },
});
