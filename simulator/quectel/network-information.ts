import type { Call, CommandDefinition } from "../line/command";
import { CommandError } from "../line/command-error";
import { expectCount, INCORRECT_PARAMETERS, integerAt, stringAt } from "../line/parameters";
import type { Modem } from "../modem";

/** The band and channel of the modem's cell; the radio has its tac and ci. */
const BAND = "LTE BAND 20";
const CHANNEL = 6300;

function isRegistered(modem: Modem): boolean {
  return modem.radio.registration === 1 || modem.radio.registration === 5;
}

function networkInformation(call: Call, modem: Modem): void {
  const { mcc, mnc } = modem.radio.cell;
  call.info(isRegistered(modem) ? `+QNWINFO: "CAT-M1","${mcc}${mnc}","${BAND}",${CHANNEL}` : '+QNWINFO: "No Service"');
}

/** Fifths of a decibel from -20 dB; it goes with RSRQ, whose -20 to -3 dB it stretches over its range. */
function noiseRatio(rsrq: number): number {
  return Math.max(0, Math.min(250, Math.round(((rsrq + 20) / 17) * 250)));
}

function signalQuality(call: Call, modem: Modem): void {
  if (!isRegistered(modem)) {
    call.info('+QCSQ: "NOSERVICE"');
    return;
  }
  const { rssi, rsrp, rsrq } = modem.radio.signal;
  call.info(`+QCSQ: "CAT-M1",${rssi},${rsrp},${noiseRatio(rsrq)},${rsrq}`);
}

/** Cat M1 within 5 MHz (<bandwidth> 3), and its selection level. */
const CELL = { duplex: "FDD", physical: 187, band: 20, bandwidth: 3, level: 25 };

/** The serving cell; it has no visible neighbours. */
function engineering(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  const which = stringAt(call, 0, 16);
  if (which === "neighbourcell") return;
  if (which !== "servingcell") throw new CommandError(INCORRECT_PARAMETERS);
  if (!isRegistered(modem)) {
    call.info(`+QENG: "servingcell","${modem.radio.functionality === 1 ? "SEARCH" : "LIMSRV"}"`);
    return;
  }
  const { cell, signal, connected } = modem.radio;
  const { duplex, physical, band, bandwidth, level } = CELL;
  const where = [
    cell.mcc,
    cell.mnc,
    cell.ci.replace(/^0+/, ""),
    physical,
    CHANNEL,
    band,
    bandwidth,
    bandwidth,
    cell.tac,
  ];
  const received = [signal.rsrp, signal.rsrq, signal.rssi, Math.round(noiseRatio(signal.rsrq) / 5 - 20), level];
  call.info(
    `+QENG: "servingcell","${connected ? "CONNECT" : "NOCONN"}","CAT-M","${duplex}",${[...where, ...received].join(",")}`,
  );
}

/** The sum of the initialised parts: 1 PIN, 2 SMS, 4 phone book. */
function initialisation(call: Call, modem: Modem): void {
  call.info(`+QINISTAT: ${modem.sim.state === "READY" ? 7 : 0}`);
}

function cardNumber(call: Call, modem: Modem): void {
  modem.sim.requireBooted();
  call.info(`+QCCID: ${modem.options.iccid}`);
}

function serviceProvider(call: Call, modem: Modem): void {
  const { mcc, mnc } = modem.radio.cell;
  const { operator } = modem.options;
  modem.sim.require();
  call.info(`+QSPN: "${operator}","${operator}","",0,"${mcc}${mnc}"`);
}

interface Reporting {
  on: number;
}

function cardReporting(modem: Modem): Reporting {
  return modem.service<Reporting>("quectel/sim-status", (owner) => {
    const reporting: Reporting = { on: 0 };
    const { powerCycle } = owner;
    const leave = owner.sim.onChange(() => {
      if (reporting.on === 1) owner.urc(`+QSIMSTAT: 1,${inserted(owner)}`);
    });
    powerCycle.addEventListener("abort", leave, { once: true });
    return reporting;
  });
}

function inserted(modem: Modem): number {
  return modem.sim.state === "absent" ? 0 : 1;
}

function setCardReporting(call: Call, modem: Modem): void {
  expectCount(call, 1, 1);
  cardReporting(modem).on = integerAt(call, 0, 0, 1);
}

/** AT manual: Quectel's information about SIM, cell and signal beyond 27.007. */
export const networkInformationCommands: readonly CommandDefinition[] = [
  { name: "+QNWINFO", execute: networkInformation },
  { name: "+QCSQ", execute: signalQuality, test: (call) => call.info('+QCSQ: ("NOSERVICE","GSM","CAT-M1","CAT-NB1")') },
  { name: "+QENG", set: engineering, test: (call) => call.info('+QENG: ("servingcell","neighbourcell")') },
  { name: "+QINISTAT", execute: initialisation, test: (call) => call.info("+QINISTAT: (0-7)") },
  { name: "+QCCID", execute: cardNumber },
  { name: "+QSPN", execute: serviceProvider },
  {
    name: "+QSIMSTAT",
    test: (call) => call.info("+QSIMSTAT: (0,1)"),
    read: (call, modem) => call.info(`+QSIMSTAT: ${cardReporting(modem).on},${inserted(modem)}`),
    set: setCardReporting,
  },
];
