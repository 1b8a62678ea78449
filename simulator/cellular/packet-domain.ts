import { isIPv6 } from "node:net";
import type { Call, CommandDefinition } from "../line/command";
import { CommandError } from "../line/command-error";
import { EQUIPMENT_ERRORS } from "../line/error-texts";
import { choiceAt, expectCount, INCORRECT_PARAMETERS, integerAt, stringAt } from "../line/parameters";
import type { Modem } from "../modem";
import { dotted, dottedWithMask, gateway } from "./addresses";
import type { Context, ContextDefinition } from "./radio";
import { setting } from "./settings";

const TYPES = ["IP", "IPV6", "IPV4V6"] as const;
const LONGEST_APN = 100;
const DEFAULT_HIGHEST = 8;
const FIRST_BEARER = 4;
const NO_NETWORK_SERVICE = 30;
const CONNECTION_REPORT = "common.csconn";

/** Packet domain (27.007 chapter 10). */
export const packetDomainCommands: readonly CommandDefinition[] = [
  {
    name: "+CGATT",
    set: attach,
    read: (call, modem) => call.info(`+CGATT: ${modem.radio.attached ? 1 : 0}`),
    test: (call) => call.info("+CGATT: (0,1)"),
  },
  { name: "+CGDCONT", set: define, read: listDefinitions, test: listTypes },
  { name: "+CGACT", set: activate, read: listStates, test: (call) => call.info("+CGACT: (0,1)") },
  {
    name: "+CGPADDR",
    set: addresses,
    execute: addresses,
    test: (call, modem) => call.info(`+CGPADDR: (${[...modem.radio.contexts.keys()].join(",")})`),
  },
  { name: "+CGCONTRDP", set: dynamicParameters, execute: dynamicParameters, test: listActive },
  { name: "+CEER", execute: extendedError, test: () => undefined },
  { name: "+CSCON", set: reportConnection, read: readConnection, test: (call) => call.info("+CSCON: (0,1)") },
];

function highestCid(modem: Modem): number {
  return modem.personality.highestContext ?? DEFAULT_HIGHEST;
}

function attach(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const on = choiceAt(call, 0, [0, 1]) === 1;
  modem.sim.require();
  if (on && modem.radio.registration !== 1) throw new CommandError(NO_NETWORK_SERVICE);
  modem.radio.attach(on);
}

function define(call: Call, modem: Modem): void {
  expectCount(call, 1, 14);
  const cid = integerAt(call, 0, 1, highestCid(modem));
  const before = modem.radio.contexts.get(cid);
  if (call.arguments.length === 1) {
    if (before?.active === true) throw new CommandError(3);
    modem.radio.undefine(cid);
    return;
  }
  const type = TYPES.find((known) => known === stringAt(call, 1, 6, "IP"));
  if (type === undefined) throw new CommandError(INCORRECT_PARAMETERS);
  const apn = stringAt(call, 2, LONGEST_APN, "");
  if (!/^[A-Za-z0-9._-]*$/.test(apn)) throw new CommandError(INCORRECT_PARAMETERS);
  stringAt(call, 3, 64, "");
  for (let index = 4; index < call.arguments.length; index++) integerAt(call, index, 0, 4, 0);
  modem.radio.define(withAuthentication({ cid, type, apn }, before));
}

/** Keeps the context's authentication, which separate commands set. */
function withAuthentication(definition: ContextDefinition, before: Context | undefined): ContextDefinition {
  return before?.auth === undefined ? definition : { ...definition, auth: before.auth };
}

function listDefinitions(call: Call, modem: Modem): void {
  for (const { cid, type, apn, addresses: given } of modem.radio.contexts.values()) {
    call.info(`+CGDCONT: ${cid},"${type}","${apn}","${given.map(dotted).join(" ")}",0,0,0,0`);
  }
}

function listTypes(call: Call, modem: Modem): void {
  for (const type of TYPES) call.info(`+CGDCONT: (1-${highestCid(modem)}),"${type}",,,(0),(0),(0),(0)`);
}

async function activate(call: Call, modem: Modem): Promise<void> {
  expectCount(call, 1, highestCid(modem) + 1);
  const on = choiceAt(call, 0, [0, 1]) === 1;
  modem.sim.require();
  for (const { cid } of contextsOf(call, modem, 1)) {
    if (on) await modem.radio.activate(cid);
    else modem.radio.deactivate(cid);
  }
}

/** The contexts that a command names from parameter `from` on; all defined ones if it names none. */
function contextsOf(call: Call, modem: Modem, from: number): Context[] {
  if (call.arguments.length <= from) return [...modem.radio.contexts.values()];
  return call.arguments.slice(from).map((_, offset) => {
    const context = modem.radio.contexts.get(integerAt(call, from + offset, 1, highestCid(modem)));
    if (context === undefined) throw new CommandError(INCORRECT_PARAMETERS);
    return context;
  });
}

function listStates(call: Call, modem: Modem): void {
  for (const { cid, active } of modem.radio.contexts.values()) call.info(`+CGACT: ${cid},${active ? 1 : 0}`);
}

function addresses(call: Call, modem: Modem): void {
  for (const { cid, addresses: given } of contextsOf(call, modem, 0)) {
    call.info([`+CGPADDR: ${cid}`, ...given.map((address) => `"${dotted(address)}"`)].join(","));
  }
}

/** One line an address; the last field is the MTU of IPv4 (27.007 10.1.23). */
function dynamicParameters(call: Call, modem: Modem): void {
  for (const context of contextsOf(call, modem, 0)) {
    for (const address of context.addresses) call.info(`+CGCONTRDP: ${dynamicLine(context, address)}`);
  }
}

function dynamicLine({ cid, apn, dns, mtu }: Context, address: string): string {
  const servers = dns.filter((server) => isIPv6(server) === isIPv6(address)).map(dotted);
  const texts = [apn, dottedWithMask(address), gateway(address), servers[0] ?? "", servers[1] ?? "", "", ""];
  return [cid, FIRST_BEARER + cid, ...texts.map((text) => `"${text}"`), 0, 0, ...(isIPv6(address) ? [] : [mtu])].join(
    ",",
  );
}

function listActive(call: Call, modem: Modem): void {
  const active = [...modem.radio.contexts.values()].filter((context) => context.active).map(({ cid }) => cid);
  call.info(`+CGCONTRDP: (${active.join(",")})`);
}

/** Why the network refused last (27.007 6.10). */
function extendedError(call: Call, modem: Modem): void {
  const { refusal } = modem.radio;
  const known = refusal === undefined ? undefined : EQUIPMENT_ERRORS.get(refusal);
  call.info(`+CEER: ${known ?? "No cause information available"}`);
}

function reportConnection(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  modem.storage.set(CONNECTION_REPORT, choiceAt(call, 0, [0, 1]));
}

function readConnection(call: Call, modem: Modem): void {
  const reported = modem.storage.get<number>(CONNECTION_REPORT) ?? 0;
  call.info(`+CSCON: ${reported},${modem.radio.connected ? 1 : 0}`);
}

/** Unsolicited lines of the packet domain: +CGEV as set by +CGEREP, and +CSCON, whose setting is in NVM. */
export function reportPacketDomain(modem: Modem): void {
  const event = (text: string) => {
    if ((setting(modem, "+CGEREP")[0] ?? 0) > 0) modem.urc(`+CGEV: ${text}`);
  };
  modem.radio.onActivated((cid) => event(`ME PDN ACT ${cid}`));
  modem.radio.onDeactivated((cid, byNetwork) => event(`${byNetwork ? "NW" : "ME"} PDN DEACT ${cid}`));
  modem.radio.onConnected((connected) => {
    if (modem.storage.get<number>(CONNECTION_REPORT) === 1) modem.urc(`+CSCON: ${connected ? 1 : 0}`);
  });
}
