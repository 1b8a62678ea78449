import type { Subscription } from "./cellular/pdp-contexts";
import type { Route } from "./internet/internet";
import { parseRoute } from "./internet/route";
import type { ModemOptions } from "./modem";

/** The options of a simulated modem, from the command line or from a `sim:` port. */
export interface SimulatorOptions {
  readonly model: string;
  readonly modem: ModemOptions;
  readonly subscription: Subscription;
  /** bit/s; 0: not paced */
  readonly baud: number;
  readonly routes: readonly Route[];
  readonly state: string | undefined;
  readonly faults: readonly string[];
  /** ms; the personality's own when left out */
  readonly boot: number | undefined;
  /** 27.007's <AcT> of the only cell; the personality's own when left out. */
  readonly technology: number | undefined;
  /** Characters that arrive sooner than the manual allows are lost. */
  readonly strict: boolean;
  /** Both directions of the line are printed. */
  readonly trace: boolean;
}

/** One option: for the command line, for a `sim:` port and for `--help`. */
interface OptionRule {
  readonly name: string;
  /** Placeholder for the value in `--help`; empty for a switch. */
  readonly value: string;
  readonly help: string;
  readonly fallback: string;
  /** The value if the command line gives none. */
  readonly bare?: string;
  /** May be given several times. */
  readonly repeated?: true;
  readonly check: (text: string) => boolean;
}

const anything = () => true;
const digits = (least: number, most: number) => (text: string) =>
  /^\d+$/.test(text) && text.length >= least && text.length <= most;
const wholeUpTo = (most: number) => (text: string) => /^\d{1,9}$/.test(text) && Number(text) <= most;
/** Text that a modem can print in quotation marks: without quotation marks and control characters. */
const printable = (text: string) => /^[\x20\x21\x23-\x7e]{0,100}$/.test(text);

const isSwitch = (text: string) => text === "0" || text === "1";

const HOUR_MS = 3_600_000;
const PDP_TYPES = ["IP", "IPV6", "IPV4V6"] as const;

/** The options of a modem; the faces are options of the command only. */
export const OPTION_RULES: readonly OptionRule[] = [
  {
    name: "baud",
    value: "N",
    help: "pace both directions as an 8N1 line of N baud (0: not paced)",
    fallback: "0",
    check: (text) => text === "0" || (wholeUpTo(4_000_000)(text) && Number(text) >= 300),
  },
  { name: "latency", value: "MS", help: "added network latency", fallback: "0", check: wholeUpTo(HOUR_MS) },
  { name: "registration", value: "MS", help: "time until registered", fallback: "0", check: wholeUpTo(HOUR_MS) },
  { name: "boot", value: "MS", help: "silence in a reboot (the model's own)", fallback: "", check: wholeUpTo(HOUR_MS) },
  {
    name: "route",
    value: "NAME:PORT=HOST:PORT",
    help: "send traffic for that name and port elsewhere; NAME:* for every port",
    fallback: "",
    repeated: true,
    check: anything,
  },
  { name: "imei", value: "DIGITS", help: "15 digits", fallback: "357862090033897", check: digits(15, 15) },
  { name: "iccid", value: "DIGITS", help: "18 to 20 digits", fallback: "89882280666012345678", check: digits(18, 20) },
  { name: "imsi", value: "DIGITS", help: "14 or 15 digits", fallback: "001010123456789", check: digits(14, 15) },
  { name: "operator", value: "NAME", help: "the operator's name", fallback: "Test Network", check: printable },
  { name: "pin", value: "PIN", help: "a PIN the SIM asks for; its PUK is 12345678", fallback: "", check: digits(4, 8) },
  { name: "apn", value: "APN", help: "the APN that is accepted (any)", fallback: "", check: printable },
  { name: "apn-user", value: "NAME", help: "the user the APN asks for (none)", fallback: "", check: printable },
  { name: "apn-password", value: "TEXT", help: "and the password", fallback: "", check: printable },
  {
    name: "pdp-type",
    value: "TYPE",
    help: "what the network gives a context at most: IP, IPV6 or IPV4V6",
    fallback: "IPV4V6",
    check: (text) => PDP_TYPES.some((type) => type === text),
  },
  {
    name: "technology",
    value: "N",
    help: "access technology of the cell as +COPS tells it, such as 2 for UTRAN (the model's own)",
    fallback: "",
    check: wholeUpTo(9),
  },
  { name: "state", value: "FILE", help: "keep NVM, files and certificates there", fallback: "", check: anything },
  {
    name: "fault",
    value: "SPEC",
    help: "schedule a fault, see below",
    fallback: "",
    repeated: true,
    check: anything,
  },
  { name: "seed", value: "N", help: "for everything random", fallback: "1", check: wholeUpTo(999_999_999) },
  {
    name: "strict",
    value: "0|1",
    help: "lose what comes too soon after a result or prompt, as the modem's manual warns",
    fallback: "0",
    bare: "1",
    check: isSwitch,
  },
  {
    name: "trace",
    value: "0|1",
    help: "print both directions to standard error",
    fallback: "0",
    bare: "1",
    check: isSwitch,
  },
];

/** Values by option name, in the order given. */
export type OptionValues = ReadonlyMap<string, readonly string[]>;

/** @throws {Error} that names the option and the known ones */
export function checkOptions(values: OptionValues): void {
  for (const [name, given] of values) {
    const rule = OPTION_RULES.find((known) => known.name === name);
    if (rule === undefined) {
      throw new Error(`unknown option "${name}"; there are ${OPTION_RULES.map((known) => known.name).join(", ")}`);
    }
    if (given.length > 1 && rule.repeated === undefined) throw new Error(`option "${name}" is given twice`);
    const wrong = given.find((text) => text !== "" && !rule.check(text));
    if (wrong !== undefined) throw new Error(`"${wrong}" can't be the value of "${name}" (${rule.help})`);
  }
}

/** @throws {Error} that names the option and the known ones */
export function readOptions(model: string, values: OptionValues): SimulatorOptions {
  checkOptions(values);
  const text = (name: string): string => {
    const given = values.get(name)?.[0] ?? "";
    return given === "" ? (OPTION_RULES.find((rule) => rule.name === name)?.fallback ?? "") : given;
  };
  const number = (name: string): number => Number(text(name));
  return {
    model,
    modem: {
      imei: text("imei"),
      iccid: text("iccid"),
      imsi: text("imsi"),
      operator: text("operator"),
      pin: text("pin"),
      apn: text("apn"),
      latency: number("latency"),
      registration: number("registration"),
      seed: number("seed"),
    },
    subscription: {
      apn: text("apn"),
      user: text("apn-user"),
      password: text("apn-password"),
      type: PDP_TYPES.find((type) => type === text("pdp-type")) ?? "IPV4V6",
    },
    baud: number("baud"),
    routes: (values.get("route") ?? []).map(parseRoute),
    state: text("state") || undefined,
    faults: values.get("fault") ?? [],
    boot: text("boot") === "" ? undefined : number("boot"),
    technology: text("technology") === "" ? undefined : number("technology"),
    strict: text("strict") === "1",
    trace: text("trace") === "1",
  };
}
