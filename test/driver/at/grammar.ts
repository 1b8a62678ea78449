import type { Dialect } from "../../../driver/at/dialect";
import type { CountedRule, UrcDefinition } from "../../../driver/at/line";

export const COUNTED: readonly CountedRule[] = [
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
  { prefix: "+UUFTPCD:", strings: [{ field: 2, length: 1 }] },
];

export const URCS: readonly UrcDefinition[] = [
  { prefix: "+CEREG:" },
  { prefix: "+CSCON:" },
  { prefix: "+CMT:" },
  { prefix: "+CUSD:" },
  { prefix: "+UUSORD:" },
  { prefix: "+UUHTTPCR:" },
  { prefix: "+UUFTPCD:" },
  { prefix: '+QIND: "csq"' },
  { prefix: "NORMAL POWER DOWN" },
  { prefix: "RDY", boot: true },
];

export const DIALECT: Dialect = {
  gap: 20,
  promptDelay: { "@": 50, ">": 50, CONNECT: 0 },
  counted: COUNTED,
  urcs: URCS,
  errorTexts: new Map([[714, "DNS error"]]),
};
