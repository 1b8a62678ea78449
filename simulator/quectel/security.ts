import type { Call, CommandDefinition } from "../line/command";
import type { Modem } from "../modem";
import { FileFailure } from "./file-errors";
import { filePath } from "./file-store";
import type { Parameters } from "./parameters";
import { TcpIpError, TcpIpFailure, tcpIp, tcpIpParameters } from "./tcpip-errors";

const CONTEXT = { min: 0, max: 5 } as const;
/** SSL manual: the suites of +QSSLCFG, and 0XFFFF for all of them. */
const CIPHER_SUITES = [
  0x0035, 0x002f, 0x0005, 0x0004, 0x000a, 0x003d, 0xc011, 0xc012, 0xc013, 0xc014, 0xc027, 0xc028, 0xc02f, 0xffff,
];

/** One setting of a security context. */
interface Setting {
  /** As it is printed; empty: there is none, and nothing is printed for it. */
  readonly factory: string;
  /** As the test form lists it. */
  readonly printed: string;
  /** The parameter at 2, in the form it is printed. */
  readonly take: (parameters: Parameters, modem: Modem) => string;
}

const SETTINGS: ReadonlyMap<string, Setting> = new Map([
  ["sslversion", numeric(0, 4, 4)],
  ["ciphersuite", { factory: "0XFFFF", printed: `(${CIPHER_SUITES.map(suiteText).join(",")})`, take: cipherSuite }],
  ["cacert", certificate("<cacertpath>")],
  ["clientcert", certificate("<client_cert_path>")],
  ["clientkey", certificate("<client_key_path>")],
  ["seclevel", numeric(0, 2, 0)],
  ["ignorelocaltime", numeric(0, 1, 1)],
  ["negotiatetime", numeric(10, 300, 300)],
]);

function numeric(min: number, max: number, factory: number): Setting {
  const printed = max - min === 1 ? `(${min},${max})` : `(${min}-${max})`;
  return { factory: String(factory), printed, take: (parameters) => String(parameters.number(2, { min, max })) };
}

function certificate(printed: string): Setting {
  return { factory: "", printed, take: certificatePath };
}

/** Only the name is looked at: a missing file fails the connection, not this command. */
function certificatePath(parameters: Parameters, modem: Modem): string {
  const path = parameters.text(2);
  try {
    if (path !== "") filePath(modem, path);
  } catch (error) {
    if (error instanceof FileFailure) throw new TcpIpFailure(TcpIpError.invalidParameter);
    throw error;
  }
  return path === "" ? "" : `"${path}"`;
}

/** Without quotation marks: modules answer ERROR to a quoted suite. Both 0x and 0X are taken. */
function cipherSuite(parameters: Parameters): string {
  const digits = /^0x([0-9a-f]{4})$/i.exec(parameters.bare(2))?.[1];
  const suite = digits === undefined ? undefined : Number.parseInt(digits, 16);
  if (suite === undefined || !CIPHER_SUITES.includes(suite)) throw new TcpIpFailure(TcpIpError.invalidParameter);
  return suiteText(suite);
}

function suiteText(suite: number): string {
  return `0X${suite.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** What was set since the last boot: `name,context` → as printed. */
function stored(modem: Modem): Map<string, string> {
  return modem.service("quectel/ssl", () => new Map<string, string>());
}

function configure(call: Call, modem: Modem): void {
  const parameters = tcpIpParameters(call).expect(2, 3);
  const name = parameters.text(0);
  const setting = SETTINGS.get(name);
  if (setting === undefined) throw new TcpIpFailure(TcpIpError.invalidParameter);
  const context = parameters.number(1, CONTEXT);
  const key = `${name},${context}`;
  if (parameters.count === 3) stored(modem).set(key, setting.take(parameters, modem));
  else show(call, name, context, stored(modem).get(key) ?? setting.factory);
}

function show(call: Call, name: string, context: number, value: string): void {
  if (value !== "") call.info(`+QSSLCFG: "${name}",${context},${value}`);
}

/** BG96 SSL manual: security contexts. They are kept here; until TLS reads them they bind nothing. */
export const securityCommands: readonly CommandDefinition[] = [
  {
    name: "+QSSLCFG",
    test: (call) => {
      for (const [name, { printed }] of SETTINGS) call.info(`+QSSLCFG: "${name}",(0-5),${printed}`);
    },
    set: tcpIp(configure),
  },
];
