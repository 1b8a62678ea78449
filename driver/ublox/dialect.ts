import type { Dialect } from "../at/dialect";
import type { CountedRule, UrcDefinition } from "../at/line";
import { STANDARD_URCS } from "../cellular/urcs";

/** Strings that end by a length field: their content may hold quotation marks, CR LF and final results. */
const COUNTED: readonly CountedRule[] = [
  { prefix: "+USORD:", strings: [{ field: 2, length: 1 }] },
  { prefix: "+USORF:", strings: [{ field: 4, length: 3 }] },
  { prefix: "+URDFILE:", strings: [{ field: 2, length: 1 }] },
  { prefix: "+URDBLOCK:", strings: [{ field: 2, length: 1 }] },
  {
    prefix: "+UMQTTC:",
    first: 6,
    strings: [
      { field: 4, length: 3 },
      { field: 6, length: 5 },
    ],
  },
  {
    prefix: "+UMQTTSNC:",
    first: 9,
    strings: [
      { field: 5, length: 4 },
      { field: 7, length: 6 },
    ],
  },
  { prefix: "+UUFTPCD:", strings: [{ field: 2, length: 1 }] },
];

/** The guide's, and those of the modem's other functions: none of them may be taken for an answer. */
const UBLOX_URCS = [
  "+UUSORD:",
  "+UUSORF:",
  "+UUSOCL:",
  "+UUSOLI:",
  "+UUSOCO:",
  "+UUPING:",
  "+UUPINGER:",
  "+UUDNSRN:",
  "+UUHTTPCR:",
  // The guide prints the two misspelt forms as well; no command answers with either.
  "+UUHTPCR:",
  "+UHTTPCR:",
  "+UUMQTTC:",
  "+UUMQTTSNC:",
  // As the guide prints the result of a secure login (7.10); a read is answered by it, too.
  "+UMQTTSNC:",
  "+UCOAPCD:",
  "+UCOAPCR:",
  "+UUCOAPCD:",
  "+UUCOAPCR:",
  "+UUFTPCD:",
  "+UUFTPCR:",
  "+UUPSDA:",
  "+UUPSDD:",
  "+UUSIMSTAT:",
  "+UUSTS:",
  "+UUBIP:",
  "+UFOTASTAT:",
  "+UUFWINSTALL:",
  "+ULWM2MSTAT:",
  "+UUGIND:",
  "+UULOC:",
  "+UULOCIND:",
  "+UUGPIO:",
];

/** Session data of TLS (guide 3.4.4, which prints the second form, too). */
const CONFIDENTIAL_URCS = ["+UUSECPRF:", "+USECPRF:"];

const URCS: readonly UrcDefinition[] = [
  ...[...STANDARD_URCS, ...UBLOX_URCS].map((prefix) => ({ prefix })),
  ...CONFIDENTIAL_URCS.map((prefix) => ({ prefix, confidential: true })),
];

/**
 * Grammar and timings of LARA-R6.
 *
 * 20 ms between a final result and the next command, and 50 ms between a prompt and its data (guide 5.3.1), are the
 * modem's own; data that come sooner may be lost. No URC marks a boot: the greeting (+CSGT) is off by default.
 */
export const LARA_R6_DIALECT: Dialect = {
  gap: 20,
  promptDelay: { "@": 50, ">": 50, CONNECT: 0 },
  // 2 s of silence before `+++` (guide 9.1.4), which DISCONNECT and OK answer (9.1.1); a remote end gives either word.
  dataMode: { guard: 2100, answer: ["DISCONNECT", "OK"], ends: ["DISCONNECT", "NO CARRIER"] },
  counted: COUNTED,
  urcs: URCS,
  // +CMEE=2 makes the modem say its own errors in words (guide 10.1).
  errorTexts: new Map(),
};
