import type { ModemError } from "../../../../driver/errors";
import { BG96 } from "../../../../driver/quectel/bg96";
import { QuectelDiagnostics } from "../../../../driver/quectel/diagnostics/diagnostics";
import { QuectelFiles } from "../../../../driver/quectel/files/files";
import { QuectelPacketData } from "../../../../driver/quectel/packet-data/packet-data";
import { QuectelSecurity } from "../../../../driver/quectel/security/security";
import { SocketNumbers } from "../../../../driver/quectel/sockets/numbers";
import { QuectelSockets } from "../../../../driver/quectel/sockets/sockets";
import type {
  ConnectOptions,
  ModemSocket,
  SocketAddress,
  SocketEvents,
} from "../../../../driver/services/sockets/sockets";
import type { PeerOptions } from "../../peer";
import { type Session, startSession } from "../session";
import { FakeSockets } from "./fake-sockets";

/** What the owner of a socket was told. */
export class Owner implements SocketEvents {
  readonly parts: Buffer[] = [];
  readonly from: SocketAddress[] = [];
  /** One entry each time that the end was told. */
  readonly ends: (string | undefined)[] = [];
  /** What `onData` waits for. */
  hold: Promise<void> = Promise.resolve();

  get data(): Buffer {
    return Buffer.concat(this.parts);
  }

  async onData(data: Buffer, from: SocketAddress): Promise<void> {
    this.parts.push(data);
    this.from.push(from);
    await this.hold;
  }

  onClosed(error?: ModemError): void {
    this.ends.push(error?.code);
  }
}

export interface SocketSession extends Session {
  readonly sockets: QuectelSockets;
  readonly numbers: SocketNumbers;
  readonly fake: FakeSockets;
  connect(options?: Partial<ConnectOptions>, owner?: SocketEvents): Promise<ModemSocket>;
  /** Commands about sockets, in order. */
  readonly lines: () => string[];
}

export async function startSockets(options: PeerOptions = {}): Promise<SocketSession> {
  const session = await startSession(options);
  const { peer, channel } = session;
  // The driver's own sockets would hear the same URCs.
  session.driver.dispose(new Error("not part of this test"));
  const fake = new FakeSockets(peer);
  const packetData = new QuectelPacketData(channel, BG96);
  const diagnostics = new QuectelDiagnostics(channel, packetData, BG96);
  const security = new QuectelSecurity(channel, new QuectelFiles(channel, BG96), BG96);
  const numbers = new SocketNumbers(BG96);
  const sockets = new QuectelSockets(channel, { packetData, diagnostics, security, numbers, model: BG96 });
  return {
    ...session,
    sockets,
    numbers,
    fake,
    connect: (more, owner = new Owner()) =>
      sockets.connect({ host: "203.0.113.5", port: 7, timeout: 30_000, mode: "command", ...more }, owner),
    lines: () => peer.commands.filter((line) => /^AT\+Q(I(?!ACT|CSGP|DNS)|SSL(?!CFG))/.test(line)),
  };
}

/** Bytes that look like everything that a modem prints, and all byte values. */
export const HOSTILE = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_value, byte) => byte)),
  Buffer.from(
    '\r\nOK\r\n\r\nSEND OK\r\n\r\nSEND FAIL\r\n\r\nERROR\r\n\r\n> \r\n+QIURC: "closed",0\r\n\r\n+QIRD: 5\r\n\r\nRDY\r\n\r\nCONNECT\r\n+++\x1a\x1b\r\n+CME ERROR: 567\r\n',
  ),
]);
