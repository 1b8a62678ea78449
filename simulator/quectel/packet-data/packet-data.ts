import { isIP } from "node:net";
import type { ContextDefinition } from "../../cellular/radio";
import type { Call, CommandDefinition } from "../../line/command";
import type { Modem } from "../../modem";
import { TcpIpError, TcpIpFailure, tcpIp, tcpIpParameters } from "../tcpip-errors";
import { contexts } from "./contexts";

const CONTEXT = { min: 1, max: 16 } as const;
const TYPES: readonly ContextDefinition["type"][] = ["IP", "IPV6", "IPV4V6"];
const LONGEST_APN = 100;
const LONGEST_CREDENTIAL = 127;

/** +QICSGP defines a context; with the number alone it prints the definition, without the number. */
function defineOrShow(call: Call, modem: Modem): void {
  const parameters = tcpIpParameters(call).expect(1, 6);
  const cid = parameters.number(0, CONTEXT);
  if (parameters.count === 1) {
    showDefinition(call, modem, cid);
    return;
  }
  parameters.expect(3, 6);
  const type = TYPES[parameters.number(1, { min: 1, max: TYPES.length }) - 1];
  const apn = parameters.text(2, { maxLength: LONGEST_APN });
  const user = parameters.text(3, { maxLength: LONGEST_CREDENTIAL, fallback: "" });
  const password = parameters.text(4, { maxLength: LONGEST_CREDENTIAL, fallback: "" });
  const protocol = parameters.number(5, { min: 0, max: 3, fallback: 0 });
  if (type === undefined) throw new TcpIpFailure(TcpIpError.invalidParameter);
  contexts(modem).define({ cid, type, apn, auth: { protocol, user, password } });
}

function showDefinition(call: Call, modem: Modem, cid: number): void {
  const context = modem.radio.contexts.get(cid);
  const type = context === undefined ? 1 : TYPES.indexOf(context.type) + 1;
  const { user, password, protocol } = context?.auth ?? { user: "", password: "", protocol: 0 };
  call.info(`+QICSGP: ${type},"${context?.apn ?? ""}","${user}","${password}",${protocol}`);
}

async function activate(call: Call, modem: Modem): Promise<void> {
  const cid = tcpIpParameters(call).expect(1, 1).number(0, CONTEXT);
  await contexts(modem).activate(cid);
}

function deactivate(call: Call, modem: Modem): void {
  const cid = tcpIpParameters(call).expect(1, 1).number(0, CONTEXT);
  contexts(modem).deactivate(cid);
}

/** Lists active contexts only; with none the answer is a bare OK (guide chapter 3). */
function showActive(call: Call, modem: Modem): void {
  for (const context of contexts(modem).active()) {
    const addresses = context.addresses.map((address) => `"${address}"`).join(",");
    call.info(`+QIACT: ${context.cid},1,${TYPES.indexOf(context.type) + 1},${addresses}`);
  }
}

function configureDns(call: Call, modem: Modem): void {
  const parameters = tcpIpParameters(call).expect(1, 3);
  const cid = parameters.number(0, CONTEXT);
  if (parameters.count === 1) {
    const [primary, secondary] = contexts(modem).dnsServers(cid);
    call.info(`+QIDNSCFG: ${cid},"${primary}","${secondary}"`);
    return;
  }
  const servers = [parameters.text(1), parameters.text(2, { fallback: "0.0.0.0" })];
  if (servers.some((server) => isIP(server) === 0)) throw new TcpIpFailure(TcpIpError.invalidParameter);
  contexts(modem).setDnsServers(cid, servers);
}

/** BG96 TCP/IP manual 2.1: definition, activation and name servers of the contexts of the modem's own stack. */
export const packetDataCommands: readonly CommandDefinition[] = [
  {
    name: "+QICSGP",
    test: (call) => call.info("+QICSGP: (1-16),(1-3),<APN>,<username>,<password>,(0-3)"),
    set: tcpIp(defineOrShow),
  },
  { name: "+QIACT", test: (call) => call.info("+QIACT: (1-16)"), read: showActive, set: tcpIp(activate) },
  { name: "+QIDEACT", test: (call) => call.info("+QIDEACT: (1-16)"), set: tcpIp(deactivate) },
  {
    name: "+QIDNSCFG",
    test: (call) => call.info("+QIDNSCFG: (1-16),<pridnsaddr>,<secdnsaddr>"),
    set: tcpIp(configureDns),
  },
];
