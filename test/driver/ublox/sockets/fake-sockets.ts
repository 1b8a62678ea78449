import { ModemError } from "../../../../driver/errors";
import type {
  ConnectOptions,
  ModemSocket,
  SocketAddress,
  SocketEvents,
} from "../../../../driver/services/sockets/sockets";
import { LARA_R6 } from "../../../../driver/ublox/lara-r6";
import { UbloxSockets } from "../../../../driver/ublox/sockets/sockets";
import type { Answer, Peer, PeerOptions } from "../../peer";
import { type Bench, bench } from "../bench";

interface FakeSocket {
  readonly protocol: "tcp" | "udp";
  state: number;
  /** Arrived and not read; of UDP datagram by datagram. */
  readonly unread: Buffer[];
  readonly sent: Buffer[];
  /** Bytes that the peer has not acknowledged. */
  unacknowledged: number;
  closedByPeer: boolean;
  remote: { ip: string; port: number };
}

const PEER = { ip: "195.34.89.241", port: 7 };

/** The module's sockets as guide 5 has them, behind a scripted peer. */
export class FakeSockets {
  readonly sockets = new Map<number, FakeSocket>();
  /** errno of every connection to come; 0 lets them through. */
  connectError = 0;
  lastError = 0;
  /** Room for what is sent; the peer acknowledges at once unless it is `slow`. */
  queue = 8192;
  slow = false;
  /** Hex mode (+UDCONF=1), and whether this firmware has it. */
  hex = false;
  hasHex = true;
  /** Whether this firmware gives the line back while it connects. */
  hasAsync = true;
  /** The socket in direct link. */
  linked: number | undefined;
  /** Whether +USODL fails for a connection that the peer has closed while data are left; otherwise it gives them. */
  refusesLink = true;
  readonly #peer: Peer;

  constructor(peer: Peer) {
    this.#peer = peer;
    this.#addLife();
    this.#addTransfers();
    this.#addDirectLink();
    this.#addQueries();
  }

  /** All that was sent on the number since it was made. */
  sent(number: number): Buffer {
    return Buffer.concat(this.sockets.get(number)?.sent ?? []);
  }

  /** Sockets that nobody here has made. */
  leaveBehind(count: number): void {
    for (let made = 0; made < count; made += 1) this.#make("tcp", 4);
  }

  /** Data arrive: announced when none were waiting (guide 5.5). */
  receive(number: number, data: Uint8Array | string): void {
    if (this.linked === number) {
      this.#peer.raw(Buffer.from(data as string));
      return;
    }
    const socket = this.#get(number);
    const wasEmpty = waiting(socket) === 0;
    socket.unread.push(Buffer.from(data as string));
    if (wasEmpty) this.#peer.urc(`+UUSORD: ${number},${waiting(socket)}`);
  }

  /** The peer closes: told when everything is read. Direct link ends at once, with `left` to be read by commands. */
  closeByPeer(number: number, left = ""): void {
    const socket = this.#get(number);
    socket.closedByPeer = true;
    socket.state = 7;
    if (this.linked === number) {
      if (left !== "") socket.unread.push(Buffer.from(left));
      this.endLink(left === "" ? [] : [`+UUSORD: ${number},${left.length}`]);
    }
    if (waiting(socket) > 0) return;
    this.sockets.delete(number);
    this.#peer.urc(`+UUSOCL: ${number}`);
  }

  /** The module leaves direct link by itself. */
  endLink(urcs: readonly string[] = []): void {
    this.linked = undefined;
    this.#peer.endData(["DISCONNECT", "OK", ...urcs]);
  }

  /** Somebody connects to a listening socket. */
  accept(listening: number, port = 39912, shown = "151.9.34.66"): number {
    const number = this.#make("tcp", 4);
    this.#get(number).remote = { ip: "151.9.34.66", port };
    this.#peer.urc(`+UUSOLI: ${number},"${shown}",${port},${listening},"151.9.34.74",1099`);
    return number;
  }

  #get(number: number): FakeSocket {
    const socket = this.sockets.get(number);
    if (socket === undefined) throw new Error(`The module has no socket ${number}`);
    return socket;
  }

  #make(protocol: "tcp" | "udp", state = 0): number {
    const number = [0, 1, 2, 3, 4, 5, 6].find((one) => !this.sockets.has(one)) ?? -1;
    const fresh = { protocol, state, unread: [], sent: [], unacknowledged: 0, closedByPeer: false, remote: PEER };
    if (number >= 0) this.sockets.set(number, fresh);
    return number;
  }

  #addLife(): void {
    const peer = this.#peer;
    peer.on(/^AT\+USOCR=(6|17)(?:,(\d*))?(?:,[01])?(?:,\d)?$/, ([, protocol, port]) => {
      const number = this.#make(protocol === "6" ? "tcp" : "udp");
      return number < 0 ? ["ERROR"] : [`+USOCR: ${number}${port ? `,${port}` : ""}`, "OK"];
    });
    peer.on(/^AT\+USOCO=(\d),"([^"]+)",(\d+)(,1)?$/, ([, number, , , form]) => {
      if (form !== undefined && !this.hasAsync) return ["+CME ERROR: operation not supported"];
      const isAsync = form !== undefined;
      if (this.connectError >= 0 && this.connectError !== 0) {
        this.lastError = this.connectError;
        this.sockets.delete(Number(number));
        const result = isAsync ? ["OK", `+UUSOCO: ${number},${this.connectError}`] : ["ERROR"];
        return [...result, `+UUSOCL: ${number}`];
      }
      this.#get(Number(number)).state = 4;
      return isAsync ? ["OK", `+UUSOCO: ${number},0`] : ["OK"];
    });
    peer.on(/^AT\+USOCL=(\d)$/, ([, number]) => (this.sockets.delete(Number(number)) ? ["OK"] : ["ERROR"]));
    peer.on(/^AT\+USOLI=(\d),\d+$/, ([, number]) => {
      this.#get(Number(number)).state = 1;
      return ["OK"];
    });
    peer.on(/^AT\+USOSO=/, ["OK"]);
    peer.on(/^AT\+USOSEC=/, ["OK"]);
  }

  #addTransfers(): void {
    const peer = this.#peer;
    peer.on(/^AT\+UDCONF=1(?:,([01]))?$/, ([, value]) => {
      if (!this.hasHex) return ["ERROR"];
      if (value === undefined) return [`+UDCONF: 1,${this.hex ? 1 : 0}`, "OK"];
      this.hex = value === "1";
      return ["OK"];
    });
    peer.on(/^AT\+USOWR=(\d),(\d+)(?:,"([^"]*)")?$/, ([, number, length, text]) =>
      this.#write("+USOWR", Number(number), Number(length), text),
    );
    peer.on(/^AT\+USOST=(\d),"[^"]+",\d+,(\d+)(?:,"([^"]*)")?$/, ([, number, length, text]) =>
      this.#write("+USOST", Number(number), Number(length), text),
    );
    peer.on(/^AT\+USORD=(\d),(\d+)$/, ([, number, length]) => this.#read(Number(number), Number(length)));
    peer.on(/^AT\+USORF=(\d),(\d+)$/, ([, number, length]) => this.#readDatagram(Number(number), Number(length)));
  }

  #addDirectLink(): void {
    const peer = this.#peer;
    peer.on(/^AT$/, ["OK"]);
    peer.on(/^AT\+UDCONF=[5-8],\d,-?\d+$/, ["OK"]);
    peer.on(/^AT\+USODL=(\d)$/, ([, digit]) => {
      const number = Number(digit);
      const socket = this.sockets.get(number);
      if (socket === undefined || (socket.state !== 4 && this.refusesLink)) return ["ERROR"];
      this.linked = number;
      return {
        first: Buffer.concat(socket.unread.splice(0)),
        take: (data) => socket.sent.push(Buffer.from(data)),
        escape: () => {
          this.linked = undefined;
          return ["DISCONNECT", "OK"];
        },
      };
    });
  }

  #write(name: string, number: number, length: number, text: string | undefined): Answer {
    const finish = (data: Buffer): readonly string[] => {
      const socket = this.sockets.get(number);
      if (socket === undefined || (socket.protocol === "tcp" && socket.state !== 4 && !socket.closedByPeer)) {
        return ["ERROR"];
      }
      if (socket.closedByPeer) return [`${name}: ${number},0`, "OK"];
      if (socket.unacknowledged + data.length > this.queue) return ["ERROR"];
      socket.sent.push(Buffer.from(data));
      if (this.slow) socket.unacknowledged += data.length;
      return [`${name}: ${number},${data.length}`, "OK"];
    };
    if (length < 1 || length > this.#most) return ["ERROR"];
    if (text === undefined) return { prompt: "@", bytes: length, finish };
    if (!this.hex) return text.length === length ? finish(Buffer.from(text, "latin1")) : ["ERROR"];
    return /^([0-9A-F]{2})*$/.test(text) && text.length === 2 * length ? finish(Buffer.from(text, "hex")) : ["ERROR"];
  }

  /** Most bytes of a read or write. */
  get #most(): number {
    return this.hex ? 512 : 1024;
  }

  #content(data: Buffer): string {
    return data.toString(this.hex ? "hex" : "latin1");
  }

  #read(number: number, length: number): readonly string[] {
    const socket = this.sockets.get(number);
    if (socket === undefined || length > this.#most) return ["ERROR"];
    const all = Buffer.concat(socket.unread);
    if (length === 0) return [`+USORD: ${number},${all.length}`, "OK"];
    const data = all.subarray(0, length);
    const left = all.subarray(length);
    socket.unread.splice(0, socket.unread.length, ...(left.length > 0 ? [left] : []));
    const answer = [
      data.length === 0 ? `+USORD: ${number},0` : `+USORD: ${number},${data.length},"${this.#content(data)}"`,
      "OK",
    ];
    if (left.length > 0 && data.length > 0) answer.push(`+UUSORD: ${number},${left.length}`);
    if (left.length === 0 && socket.closedByPeer) {
      this.sockets.delete(number);
      answer.push(`+UUSOCL: ${number}`);
    }
    return answer;
  }

  #readDatagram(number: number, length: number): readonly string[] {
    const socket = this.sockets.get(number);
    if (socket === undefined || length > this.#most) return ["ERROR"];
    const datagram = socket.unread.shift();
    if (datagram === undefined || length === 0) return [`+USORF: ${number},0`, "OK"];
    const head = `+USORF: ${number},"${PEER.ip}",${PEER.port},${datagram.length},"${this.#content(datagram)}"`;
    const left = waiting(socket);
    return [head, "OK", ...(left > 0 ? [`+UUSORD: ${number},${left}`] : [])];
  }

  #addQueries(): void {
    this.#peer.on(/^AT\+USOER$/, () => [`+USOER: ${this.lastError}`, "OK"]);
    this.#peer.on(/^AT\+USOCTL=(\d),(\d+)$/, ([, number, parameter]) => {
      const socket = this.sockets.get(Number(number));
      if (socket === undefined) return ["+CME ERROR: operation not allowed"];
      const sent = socket.sent.reduce((sum, data) => sum + data.length, 0);
      const values: Readonly<Record<string, string | number>> = {
        0: socket.protocol === "tcp" ? 6 : 17,
        1: 0,
        2: sent,
        4: `"${socket.remote.ip}",${socket.remote.port}`,
        10: socket.state,
        11: socket.unacknowledged,
      };
      return [`+USOCTL: ${number},${parameter},${values[parameter ?? ""]}`, "OK"];
    });
  }
}

function waiting({ unread }: FakeSocket): number {
  return unread.reduce((sum, data) => sum + data.length, 0);
}

/** What a socket's owner saw. */
export class Seen implements SocketEvents {
  readonly chunks: Buffer[] = [];
  readonly from: SocketAddress[] = [];
  /** One entry for every `onClosed`. */
  readonly closed: (ModemError | undefined)[] = [];
  /** In order: `data 5`, `closed`. */
  readonly log: string[] = [];
  /** What the next `onData` waits for. */
  hold: Promise<void> | undefined;
  #end: () => void = () => undefined;
  readonly over = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  get data(): Buffer {
    return Buffer.concat(this.chunks);
  }

  onData(data: Buffer, from: SocketAddress): Promise<void> | undefined {
    this.chunks.push(Buffer.from(data));
    this.from.push(from);
    this.log.push(`data ${data.length}`);
    return this.hold;
  }

  onClosed(error?: ModemError): void {
    this.closed.push(error);
    this.log.push("closed");
    this.#end();
  }
}

export interface SocketBench extends Bench {
  readonly module: FakeSockets;
  readonly sockets: UbloxSockets;
  /** Of every context; may be changed. */
  readonly addresses: string[];
  /** Names that were asked for. */
  readonly resolved: readonly string[];
  /** Tells of a context's loss. */
  lose(cid: number): void;
  connect(options?: Partial<ConnectOptions>, seen?: Seen): Promise<{ socket: ModemSocket; seen: Seen }>;
}

/** The service on a scripted module. */
export function socketBench(
  options: PeerOptions = {},
  parts: Partial<ConstructorParameters<typeof UbloxSockets>[0]> = {},
) {
  const all = bench(options);
  // The driver's own sockets would hear the same URCs.
  all.driver.dispose(new Error("not part of this test"));
  const resolved: string[] = [];
  const addresses: string[] = ["10.0.0.2"];
  const losses: ((cid: number, reason: string) => void)[] = [];
  const sockets = new UbloxSockets({
    channel: all.channel,
    packetData: {
      status: (cid) => Promise.resolve({ cid, active: true, apn: "", type: "IPV4V6", addresses, dns: [] }),
      onLost: (listener) => {
        losses.push(listener);
        return () => losses.splice(losses.indexOf(listener), 1);
      },
    },
    diagnostics: {
      resolve: (host) => {
        resolved.push(host);
        if (host === "known.example") return Promise.resolve({ host, address: PEER.ip });
        return Promise.reject(new ModemError("DNS_FAILED", `${host} could not be resolved`));
      },
    },
    security: { connect: () => Promise.reject(new Error("no security in this test")) },
    model: LARA_R6,
    ...parts,
  });
  const made: SocketBench = {
    ...all,
    addresses,
    module: new FakeSockets(all.peer),
    sockets,
    resolved,
    lose: (cid) => {
      for (const listener of [...losses]) listener(cid, "NW PDN DEACT");
    },
    connect: async (changes = {}, seen = new Seen()) => {
      const socket = await sockets.connect(
        { host: PEER.ip, port: 7, timeout: 20_000, mode: "command", ...changes },
        seen,
      );
      return { socket, seen };
    },
  };
  return made;
}
