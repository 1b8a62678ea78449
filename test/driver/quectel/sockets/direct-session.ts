import { pass } from "../../../support/clock";
import { Owner, type SocketSession, startSockets } from "./socket-session";

export const OPEN = 'AT+QIOPEN=1,0,"TCP","203.0.113.5",7,0,2';
export const PACKETS = ['AT+QICFG="transpktsize",1460', 'AT+QICFG="transwaittm",1'];
export const ENTER = "AT+QISWTMD=0,2";
/** A command of somebody else's. */
export const OTHER = { line: "AT+CGATT?", label: "AT+CGATT?", expects: [{ prefix: "+CGATT:" }], timeout: 5_000 };

export async function connected(session?: SocketSession) {
  const made = session ?? (await startSockets());
  const owner = new Owner();
  const socket = await pass(made.connect({ mode: "direct" }, owner));
  return { ...made, owner, socket };
}

export const sent = ({ fake }: SocketSession): Buffer => Buffer.concat(fake.get(0).sent);
