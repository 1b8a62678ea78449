import type { Call } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import { incorrectParameters } from "../errors";

/** IANA codes of the suites that have a legacy number, by that number (AT commands manual, +USECPRF op 2). */
const LEGACY_SUITES: ReadonlyMap<number, number> = new Map([
  [1, 0x002f],
  [2, 0x003c],
  [3, 0x0035],
  [4, 0x003d],
  [5, 0x000a],
  [6, 0x008c],
  [7, 0x008d],
  [8, 0x008b],
  [9, 0x0094],
  [10, 0x0095],
  [11, 0x0093],
  [12, 0x00ae],
  [13, 0x00af],
  [14, 0x00b6],
  [15, 0x00b7],
  [16, 0x00a8],
  [17, 0x00a9],
  [18, 0x00ac],
  [19, 0x00ad],
  [20, 0xc008],
  [21, 0xc009],
  [22, 0xc00a],
  [23, 0xc012],
  [24, 0xc013],
  [25, 0xc014],
  [26, 0xc023],
  [27, 0xc024],
  [28, 0xc027],
  [29, 0xc028],
  [30, 0xc02b],
  [31, 0xc02c],
  [32, 0xc02f],
  [33, 0xc030],
]);

/** All suites of the modem. */
const AUTOMATIC = 0;
const LAST_LEGACY = LEGACY_SUITES.size;
const BY_CODE = 99;
const LIST = 100;

/** The choice made by op 2 of +USECPRF. */
export interface SuiteSelection {
  /** 0, a legacy number, 99 or 100. */
  readonly method: number;
  /** IANA codes with 99 and 100. */
  readonly codes: readonly number[];
}

export const ALL_SUITES: SuiteSelection = { method: AUTOMATIC, codes: [] };

/** IANA codes of the offered suites; undefined: all. */
export function offeredSuites({ method, codes }: SuiteSelection): readonly number[] | undefined {
  if (method === BY_CODE || method === LIST) return codes;
  const code = LEGACY_SUITES.get(method);
  return code === undefined ? undefined : [code];
}

/**
 * The values of op 2, from the third parameter on: a legacy number, `99,"C0","2F"`, or `100,"C0","2F",0` to add to a
 * list and `…,1` to remove from it.
 * @throws {CommandError}
 */
export function readSuites(call: Call, selected: SuiteSelection): SuiteSelection {
  const method = integerAt(call, 2, AUTOMATIC, LIST);
  if (method <= LAST_LEGACY) {
    expectCount(call, 3, 3);
    return { method, codes: [] };
  }
  if (method === BY_CODE) {
    expectCount(call, 5, 5);
    return { method, codes: [codeAt(call)] };
  }
  if (method !== LIST) throw incorrectParameters();
  expectCount(call, 6, 6);
  return changedList(selected.method === LIST ? selected.codes : [], codeAt(call), integerAt(call, 5, 0, 1) === 1);
}

function changedList(codes: readonly number[], code: number, remove: boolean): SuiteSelection {
  const others = codes.filter((other) => other !== code);
  if (remove && others.length === codes.length) throw incorrectParameters();
  // An empty list would leave nothing to offer.
  if (remove) return others.length === 0 ? ALL_SUITES : { method: LIST, codes: others };
  return { method: LIST, codes: codes.includes(code) ? codes : [...codes, code] };
}

function codeAt(call: Call): number {
  const digits = `${stringAt(call, 3, 2)}${stringAt(call, 4, 2)}`;
  if (!/^[0-9A-Fa-f]{4}$/.test(digits)) throw incorrectParameters();
  return Number.parseInt(digits, 16);
}

/** As the read form prints it. */
export function printedSuites({ method, codes }: SuiteSelection): string {
  const digits = codes.map((code) => code.toString(16).toUpperCase().padStart(4, "0"));
  if (method === LIST) return `${LIST},"${digits.join(";")}"`;
  if (method === BY_CODE)
    return `${BY_CODE},${digits.map((code) => `"${code.slice(0, 2)}","${code.slice(2)}"`).join("")}`;
  return `${method}`;
}
