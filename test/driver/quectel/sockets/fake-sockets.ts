import type { Peer, Print } from "../../peer";

export interface FakeSocket {
  readonly command: string;
  readonly service: string;
  readonly host: string;
  readonly port: number;
  readonly localPort: number;
  /** As +QISTATE numbers it. */
  state: number;
  /** What waits to be read: a stream's bytes in one piece, or datagrams. */
  readonly arrived: { data: Buffer; from: string }[];
  /** Whether +QIURC: "recv" was printed since it was read empty. */
  announced: boolean;
  readonly sent: Buffer[];
  /** Of each datagram: `"ip",port`. */
  readonly to: string[];
  /** Whether it is in transparent access mode; 0 is buffer access. */
  transparent: boolean;
}

const LISTENING = 3;
const CLOSING = 4;

/** The sockets of AT facts 2.2 and 3.2 by script. */
export class FakeSockets {
  readonly open = new Map<number, FakeSocket>();
  /** What the next +QIOPEN and +QSSLOPEN report; a text is a final result in their place. 0 when there is none. */
  readonly outcomes: (number | string)[] = [];
  /** What the next sends end with in place of SEND OK. */
  readonly sendResults: string[] = [];
  /** Of what the next sends bring that do not end with SEND OK, so many bytes are taken nevertheless. */
  readonly takenAnyway: number[] = [];
  /** Bytes that are not acknowledged, by each time that is asked; the last one stays. */
  readonly unacknowledged: number[] = [0];
  /** The address of every name. */
  address = "192.0.2.7";
  /** What +QIGETERROR tells. */
  lastError = 0;
  /** The one that was in transparent access mode last. */
  #last = -1;
  readonly #peer: Peer;

  constructor(peer: Peer) {
    this.#peer = peer;
    this.#plain();
    this.#secure();
  }

  get(number: number): FakeSocket {
    const socket = this.open.get(number);
    if (socket === undefined) throw new Error(`socket ${number} is not open`);
    return socket;
  }

  /** Data arrive from the peer. */
  deliver(number: number, data: Buffer | string, from = ""): void {
    const socket = this.get(number);
    const bytes = typeof data === "string" ? Buffer.from(data, "latin1") : data;
    if (socket.transparent) {
      this.#peer.raw(bytes);
      return;
    }
    socket.arrived.push({ data: bytes, from });
    if (!socket.announced) this.#peer.urc(`${urc(socket)}: "recv",${number}`);
    socket.announced = true;
  }

  hangUp(number: number): void {
    const socket = this.get(number);
    socket.state = CLOSING;
    if (socket.transparent) this.endTransparent(number);
    else this.#peer.urc(`${urc(socket)}: "closed",${number}`);
  }

  /** The modem leaves transparent access mode by itself. */
  endTransparent(number: number): void {
    this.get(number).transparent = false;
    this.#peer.endData();
    this.#peer.urc("NO CARRIER");
  }

  /** A connection comes in on a listening socket; `first` follows it in the same breath. */
  connectTo(listener: number, number: number, first?: string): void {
    const { localPort } = this.get(listener);
    this.open.set(number, newSocket("+QIOPEN", "TCP INCOMING", "198.51.100.9", 40_000, localPort));
    this.#peer.urc(`+QIURC: "incoming",${number},${listener},"198.51.100.9",40000`);
    if (first !== undefined) this.deliver(number, first);
  }

  #plain(): void {
    const open = /^AT(\+QIOPEN)=\d+,(\d+),"(TCP|UDP SERVICE|TCP LISTENER)","([^"]+)",(\d+),(\d+),([02])$/;
    this.#peer
      .on(open, (match, print) => this.#open(match, print))
      .on(/^AT\+QICFG=/, ["OK"])
      .on(/^AT\+QISWTMD=(\d+),2$/, ([, number], print) => this.#reenter(Number(number), print))
      .on(/^ATO$/, (_match, print) => this.#reenter(this.#last, print))
      .on(/^AT\+QIGETERROR$/, (_match, print) => {
        print.line(`+QIGETERROR: ${this.lastError},"in words"`);
        print.line("OK");
      })
      .on(/^AT\+QISEND=(\d+),0$/, ([, number], print) => this.#counts(Number(number), print))
      .on(/^AT\+QISEND=(\d+),([1-9]\d*)(?:,("[^"]+",\d+))?$/, (match, print) => this.#send(match, print))
      .on(/^AT\+QIRD=(\d+)(?:,(\d+))?$/, ([, number, length], print) => this.#read("+QIRD", number, length, print))
      .on(/^AT\+QISTATE(?:=1,(\d+))?$/, ([, number], print) => this.#state("+QIOPEN", "+QISTATE", number, print))
      .on(/^AT\+QICLOSE=(\d+),1$/, ([, number], print) => this.#close(number, print));
  }

  #secure(): void {
    const open = /^AT(\+QSSLOPEN)=\d+,[0-5],(\d+),"([^"]+)",(\d+),([02])$/;
    this.#peer
      .on(open, ([all, name, number, host, port, mode], print) => {
        const match = [all, name, number, "TCP", host, port, "0", mode] as unknown as RegExpExecArray;
        this.#open(match, print);
      })
      .on(/^AT\+QSSLSEND=(\d+),([1-9]\d*)$/, (match, print) => this.#send(match, print))
      .on(/^AT\+QSSLRECV=(\d+),(\d+)$/, ([, number, length], print) => this.#read("+QSSLRECV", number, length, print))
      .on(/^AT\+QSSLSTATE(?:=(\d+))?$/, ([, number], print) => this.#state("+QSSLOPEN", "+QSSLSTATE", number, print))
      .on(/^AT\+QSSLCLOSE=(\d+),1$/, ([, number], print) => this.#close(number, print));
  }

  #open([, name = "", id, service = "", host = "", port, localPort, mode]: RegExpExecArray, print: Print): void {
    const number = Number(id);
    const outcome = this.open.has(number) ? 563 : (this.outcomes.shift() ?? 0);
    if (typeof outcome === "string") {
      print.line(outcome);
      return;
    }
    this.lastError = outcome;
    const socket = newSocket(name, service, host, Number(port), Number(localPort));
    // A failed one has to be closed before its number can be used again.
    if (outcome !== 563) this.open.set(number, outcome === 0 ? socket : { ...socket, state: 0 });
    if (mode === "2") {
      if (outcome === 0) this.#reenter(number, print);
      else print.line("ERROR");
      return;
    }
    print.line("OK");
    print.line(`${name}: ${number},${outcome}`);
  }

  #reenter(number: number, print: Print): void {
    const socket = this.open.get(number);
    if (socket?.state !== 2) {
      print.line("ERROR");
      return;
    }
    this.#last = number;
    socket.transparent = true;
    print.enter({
      take: (data) => socket.sent.push(data),
      escape: () => {
        socket.transparent = false;
        return ["OK"];
      },
    });
    if (socket.arrived.length > 0) print.raw(Buffer.concat(socket.arrived.map(({ data }) => data)));
    socket.arrived.length = 0;
    socket.announced = false;
  }

  #counts(number: number, print: Print): void {
    if (!this.open.has(number)) {
      print.line("ERROR");
      return;
    }
    const [left = 0] = this.unacknowledged.length > 1 ? this.unacknowledged.splice(0, 1) : this.unacknowledged;
    const total = Math.max(left, Buffer.concat(this.get(number).sent).length);
    print.line(`+QISEND: ${total},${total - left},${left}`);
    print.line("OK");
  }

  async #send([, id, length, to]: RegExpExecArray, print: Print): Promise<void> {
    const socket = this.open.get(Number(id));
    if (socket?.state !== 2) {
      print.line("ERROR");
      return;
    }
    const data = await print.prompt(Number(length));
    const result = this.sendResults.shift() ?? "SEND OK";
    if (result === "SEND OK") {
      socket.sent.push(data);
      if (to !== undefined) socket.to.push(to);
    } else {
      const taken = data.subarray(0, this.takenAnyway.shift() ?? 0);
      if (taken.length > 0) socket.sent.push(taken);
    }
    print.line(result);
  }

  #read(name: string, id: string | undefined, length: string | undefined, print: Print): void {
    const socket = this.open.get(Number(id));
    if (socket === undefined || socket.state === 0) {
      print.line("ERROR");
      return;
    }
    const unread = socket.arrived.reduce((sum, { data }) => sum + data.length, 0);
    if (length === "0") {
      print.line(`${name}: ${unread},0,${unread}`);
      print.line("OK");
      return;
    }
    const part = length === undefined ? socket.arrived.shift() : takeStream(socket, Number(length));
    if (part === undefined) socket.announced = false;
    const from = part === undefined || part.from === "" ? "" : `,${part.from}`;
    const data = part?.data ?? Buffer.alloc(0);
    print.raw(Buffer.concat([Buffer.from(`\r\n${name}: ${data.length}${from}\r\n`), data, Buffer.from("\r\n")]));
    print.line("OK");
  }

  #state(opened: string, name: string, id: string | undefined, print: Print): void {
    for (const [number, socket] of this.open) {
      const { service, host, port, localPort, state, command } = socket;
      if (command !== opened || (id !== undefined && Number(id) !== number)) continue;
      print.line(
        `${name}: ${number},"${service}","${service === "TCP INCOMING" ? host : this.address}",${port},${localPort},${state},1,0,0,"uart1"`,
      );
    }
    print.line("OK");
  }

  #close(id: string | undefined, print: Print): void {
    this.open.delete(Number(id));
    print.line("OK");
  }
}

function newSocket(command: string, service: string, host: string, port: number, localPort: number): FakeSocket {
  const state = service === "TCP LISTENER" ? LISTENING : 2;
  return {
    command,
    service,
    host,
    port,
    localPort,
    state,
    arrived: [],
    announced: false,
    sent: [],
    to: [],
    transparent: false,
  };
}

function takeStream({ arrived }: FakeSocket, length: number): { data: Buffer; from: string } | undefined {
  const all = Buffer.concat(arrived.map(({ data }) => data));
  arrived.length = 0;
  if (all.length > length) arrived.push({ data: all.subarray(length), from: "" });
  return all.length === 0 ? undefined : { data: all.subarray(0, length), from: "" };
}

function urc({ command }: FakeSocket): string {
  return command === "+QSSLOPEN" ? "+QSSLURC" : "+QIURC";
}
