import type { Dialect } from "../at/dialect";
import { STANDARD_URCS } from "../cellular/urcs";
import { ERROR_TEXTS } from "./error-tables";

/** What BG96 prints unasked besides the standards' own (AT facts 1.1, 1.5, 2, 8; guide 2.3 to 2.7). */
const OWN_URCS = [
  "APP RDY",
  "POWERED DOWN",
  "NORMAL POWER DOWN",
  "PSM POWER DOWN",
  "NO CARRIER",
  "+CFUN:",
  "+CPIN:",
  "+CEDRXP:",
  "+QIND:",
  "+QSIMSTAT:",
  "+QPSMTIMER:",
  "+QCSQ:",
  "+QNTP:",
  "+QIURC:",
  "+QIOPEN:",
  "+QPING:",
  "+QSSLOPEN:",
  "+QSSLURC:",
  "+QHTTPGET:",
  "+QHTTPPOST:",
  "+QHTTPPOSTFILE:",
  "+QHTTPREAD:",
  "+QHTTPREADFILE:",
  "+QMTOPEN:",
  "+QMTCONN:",
  "+QMTSUB:",
  "+QMTUNS:",
  "+QMTPUB:",
  "+QMTDISC:",
  "+QMTCLOSE:",
  "+QMTSTAT:",
  "+QMTRECV:",
  "+QFTPOPEN:",
] as const;

/**
 * Bytes of a message by MQTT, many times those that the modem has room for. Firmware that prints neither lengths nor
 * quotation marks may print what looks like a length: whoever publishes it must not hold the line up for long.
 */
const MOST_RECEIVED = 64 * 1024;

export const BG96_DIALECT: Dialect = {
  // No manual asks for a pause; a capture shows commands taken 2 ms after OK (AT facts 1.2). But a result ends at its
  // CR for the parser, and a command that is sent before the LF has come may abort (V.250 5.6.1).
  gap: 1,
  promptDelay: { "@": 0, ">": 0, CONNECT: 0 },
  // 1 s of silence on both sides of `+++` (guide 1.3), which OK answers; a remote end prints NO CARRIER (AT facts 2.2).
  dataMode: { guard: 1100, answer: ["OK"], ends: ["NO CARRIER"] },
  // HTTP and file data come behind CONNECT, where the command says how many bytes.
  // `<client>,<message id>,"<topic>",<length>,"<message>"` (AT facts 6); without a length the line's end ends it.
  counted: [{ prefix: "+QMTRECV:", strings: [{ field: 4, length: 3, most: MOST_RECEIVED }] }],
  urcs: [
    // APP RDY, SIM and phone book follow: one reboot, told once.
    { prefix: "RDY", boot: true },
    ...[...STANDARD_URCS, ...OWN_URCS].map((prefix) => ({ prefix })),
  ],
  errorTexts: ERROR_TEXTS,
};
