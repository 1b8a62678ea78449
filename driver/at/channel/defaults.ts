import type { DataModeGrammar, Dialect } from "../dialect";

/** 27.007 knows no such waits; these are the longest that any supported model asks for. */
export const UNKNOWN_MODEM: Dialect = {
  gap: 20,
  promptDelay: { "@": 50, ">": 50, CONNECT: 0 },
  counted: [],
  urcs: [],
  errorTexts: new Map(),
};

/** What suits any modem: the longest silence that one of them asks for, and V.250's own answer to `+++`. */
export const ANY_DATA_MODE: DataModeGrammar = { guard: 2100, answer: ["OK"], ends: ["NO CARRIER", "DISCONNECT"] };
