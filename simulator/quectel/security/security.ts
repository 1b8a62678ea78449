import type { Call, CommandDefinition } from "../../line/command";
import type { Modem } from "../../modem";
import { FileFailure } from "../files/errors";
import { filePath } from "../files/store";
import type { Parameters } from "../parameters";
import { TcpIpError, TcpIpFailure, tcpIp, tcpIpParameters } from "../tcpip-errors";

const CONTEXT = { min: 0, max: 5 } as const;
export const ALL_SUITES = 0xffff;
/** SSL manual: the suites of +QSSLCFG by their IANA numbers. */
export const CIPHER_SUITES: readonly number[] = [
  0x0035, 0x002f, 0x0005, 0x0004, 0x000a, 0x003d, 0xc011, 0xc012, 0xc013, 0xc014, 0xc027, 0xc028, 0xc02f,
];

/** One setting of a security context; values are kept as text. */
interface Setting {
  /** Empty: no value; nothing is printed. */
  readonly factory: string;
  /** As the test form lists it. */
  readonly printed: string;
  readonly quoted?: true;
  /** The parameter at 2. */
  readonly take: (parameters: Parameters, modem: Modem) => string;
}

const SETTINGS = {
  sslversion: numeric(0, 4, 4),
  ciphersuite: {
    factory: suiteText(ALL_SUITES),
    printed: `(${[...CIPHER_SUITES, ALL_SUITES].map(suiteText).join(",")})`,
    take: cipherSuite,
  },
  cacert: file("<cacertpath>"),
  clientcert: file("<client_cert_path>"),
  clientkey: file("<client_key_path>"),
  seclevel: numeric(0, 2, 0),
  ignorelocaltime: numeric(0, 1, 1),
  negotiatetime: numeric(10, 300, 300),
  sni: numeric(0, 1, 0),
  checkhost: numeric(0, 1, 0),
} as const satisfies Record<string, Setting>;

export type SecuritySetting = keyof typeof SETTINGS;
const NAMES = Object.keys(SETTINGS) as SecuritySetting[];

function numeric(min: number, max: number, factory: number): Setting {
  const printed = max - min === 1 ? `(${min},${max})` : `(${min}-${max})`;
  return { factory: String(factory), printed, take: (parameters) => String(parameters.number(2, { min, max })) };
}

function file(printed: string): Setting {
  return { factory: "", printed, quoted: true, take: path };
}

/** Checks the name only: a missing file fails the connection, not this command. */
function path(parameters: Parameters, modem: Modem): string {
  const given = parameters.text(2);
  try {
    if (given !== "") filePath(modem, given);
  } catch (error) {
    if (error instanceof FileFailure) throw new TcpIpFailure(TcpIpError.invalidParameter);
    throw error;
  }
  return given;
}

/** Without quotation marks: modems answer ERROR to a quoted suite. Accepts 0x and 0X. */
function cipherSuite(parameters: Parameters): string {
  const digits = /^0x([0-9a-f]{4})$/i.exec(parameters.bare(2))?.[1];
  const suite = digits === undefined ? undefined : Number.parseInt(digits, 16);
  if (suite === undefined || (suite !== ALL_SUITES && !CIPHER_SUITES.includes(suite))) {
    throw new TcpIpFailure(TcpIpError.invalidParameter);
  }
  return suiteText(suite);
}

function suiteText(suite: number): string {
  return `0X${suite.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** The current values of a security context: set since the last boot, otherwise factory values. */
export class SecurityContext {
  readonly #values = new Map<SecuritySetting, string>();

  text(name: SecuritySetting): string {
    return this.#values.get(name) ?? SETTINGS[name].factory;
  }

  number(name: Exclude<SecuritySetting, "cacert" | "clientcert" | "clientkey">): number {
    return Number(this.text(name));
  }

  set(name: SecuritySetting, value: string): void {
    this.#values.set(name, value);
  }
}

/** @param id 0 to 5 */
export function securityContext(modem: Modem, id: number): SecurityContext {
  return modem.service(`quectel/ssl-${id}`, () => new SecurityContext());
}

/** Without a value it prints the current one. */
function configure(call: Call, modem: Modem): void {
  const parameters = tcpIpParameters(call).expect(2, 3);
  const wanted = parameters.text(0);
  const name = NAMES.find((known) => known === wanted);
  if (name === undefined) throw new TcpIpFailure(TcpIpError.invalidParameter);
  const id = parameters.number(1, CONTEXT);
  const context = securityContext(modem, id);
  if (parameters.count === 3) context.set(name, SETTINGS[name].take(parameters, modem));
  else show(call, name, id, context.text(name));
}

function show(call: Call, name: SecuritySetting, id: number, value: string): void {
  const { quoted }: Setting = SETTINGS[name];
  if (value !== "") call.info(`+QSSLCFG: "${name}",${id},${quoted ? `"${value}"` : value}`);
}

/** BG96 SSL manual, and of newer firmware "sni" and "checkhost": security contexts, which a reboot forgets. */
export const securityCommands: readonly CommandDefinition[] = [
  {
    name: "+QSSLCFG",
    test: (call) => {
      for (const name of NAMES) call.info(`+QSSLCFG: "${name}",(0-5),${SETTINGS[name].printed}`);
    },
    set: tcpIp(configure),
  },
];
