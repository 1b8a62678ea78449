import type { Modem } from "../../modem";
import { inCharacterSet } from "../character-set";
import { setting } from "../settings";
import { report } from "./pdu";
import { inTextMode, printArrived, typeOf } from "./printing";
import { type Message, messageStore } from "./store";
import { type UserData, userDataOf } from "./user-data";

/** Who sends the messages of the fault `sms`: a number that is reserved for fiction. */
const SENDER = "+12025550199";
/** <mt> of +CNMI (27.005 3.4.1): stored and told, or straight to the host. */
const TOLD = [1, 3];
const STRAIGHT = 2;
const STATUS_REPORT = 6;

/** The network's time as +CCLK writes it; the modem's own clock may be wrong. */
function now(): string {
  return `${new Date().toISOString().slice(2, 19).replaceAll("-", "/").replace("T", ",")}+00`;
}

/** A message of the network for the SIM, in as many parts as it needs. */
export function receiveText(modem: Modem, text: string): void {
  for (const data of userDataOf(text)) receive(modem, SENDER, data);
}

/** As +CNMI says: stored, stored and told, or straight to the host. A full store loses it. */
export function receive(modem: Modem, number: string, data: UserData): void {
  const message: Message = { state: "REC UNREAD", number, time: now(), data };
  const [mode = 0, route = 0] = setting(modem, "+CNMI");
  if (mode > 0 && route === STRAIGHT) {
    modem.urc(printArrived(modem, message));
    return;
  }
  const store = messageStore(modem, 2);
  const index = store.add(message);
  if (index !== undefined && mode > 0 && TOLD.includes(route)) modem.urc(`+CMTI: "${store.name}",${index}`);
}

/** Tells the host that a message has arrived, if +CNMI's <ds> asks for it. */
export function receiveReport(modem: Modem, reference: number, number: string): void {
  const [mode = 0, , , reports = 0] = setting(modem, "+CNMI");
  if (mode === 0 || reports !== 1) return;
  const time = now();
  if (inTextMode(modem)) {
    const to = `"${inCharacterSet(number, modem)}",${typeOf(number)}`;
    modem.urc(`+CDS: ${STATUS_REPORT},${reference},${to},"${time}","${time}",0`);
    return;
  }
  const { text, length } = report(reference, number, time);
  modem.urc(`+CDS: ${length}\r\n${text}`);
}
