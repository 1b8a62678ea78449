/**
 * Words for <AcT> of +COPS and +CREG (27.007 7.3).
 *
 * 8 is EC-GSM-IoT there; the modems that print it, BG96 among them, mean LTE Cat M1.
 */
const TECHNOLOGIES: Readonly<Record<number, string>> = {
  0: "GSM",
  1: "GSM",
  2: "UMTS",
  3: "EDGE",
  4: "HSPA",
  5: "HSPA",
  6: "HSPA",
  7: "LTE",
  8: "LTE-M",
  9: "NB-IoT",
  10: "LTE",
  11: "NR",
  12: "NR",
  13: "LTE",
};

/** The name of an access technology; empty while the modem doesn't know it. */
export function technologyName(act: number): string {
  return TECHNOLOGIES[act] ?? "";
}
