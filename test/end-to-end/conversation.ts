/** Where raw bytes follow a prompt, how many. Group 1 of the pattern is the length that the command announces. */
const UPLOADS = [
  /^AT\+UDWNFILE="[^"]*",(\d+)$/i,
  /^AT\+USECMNG=0,\d,"[^"]*",(\d+)(?:,|$)/i,
  /^AT\+USECPRF=\d,13,1?5,(\d+)$/i,
  /^AT\+QHTTPURL=(\d+)(?:,|$)/i,
  /^AT\+QHTTPPOST=(\d+)(?:,|$)/i,
  /^AT\+QHTTPGET=\d+,(\d+)(?:,|$)/i,
  /^AT\+QFUPL="[^"]*",(\d+)(?:,|$)/i,
  /^AT\+QFWRITE=\d+,(\d+)(?:,|$)/i,
  /^AT\+USOWR=\d,(\d+)$/i,
  /^AT\+USOST=\d,"[^"]*",\d+,(\d+)$/i,
  /^AT\+UMQTTC=9,\d,\d,"[^"]*",(\d+)$/i,
  /^AT\+QMTPUB=\d,\d+,\d,\d,"[^"]*",(\d+)$/i,
  /^AT\+Q(?:I|SSL)SEND=\d+,(\d+)(?:,"[^"]*",\d+)?$/i,
];
/** Answers with data that end by their length, which stands before them, and what stands behind them. */
const COUNTED: readonly (readonly [head: RegExp, tail: string])[] = [
  [/^\r\n\+(?:URDFILE|URDBLOCK): "?[^",]*"?,(\d+),"/, '"\r\n'],
  [/^\r\n\+USORD: \d,(\d+),"/, '"\r\n'],
  [/^\r\n\+USORF: \d,"[^"]*",\d+,(\d+),"/, '"\r\n'],
  // Without data there is nothing behind it either; with numbers it says how much there is.
  [/^\r\n\+(?:QIRD|QSSLRECV): ([1-9]\d*)(?:,"[^"]*",\d+)?\r\n/, "\r\n"],
];
/** The modem writes data of sockets as hexadecimal digits from `1` on (u-blox guide 5.3). */
const HEX_MODE = /^AT\+UDCONF=1,([01])$/i;
/** Commands behind whose CONNECT everything is payload, and what the modem says when that is over. */
const DATA_MODES = [
  { command: /^AT\+USODL=\d$/i, end: /\r\nDISCONNECT\r\n/ },
  { command: /^AT\+Q(?:IOPEN|SSLOPEN)=.*,2$/i, end: /\r\n(?:OK|NO CARRIER)\r\n/ },
  { command: /^AT\+QISWTMD=\d+,2$|^ATO$/i, end: /\r\n(?:OK|NO CARRIER)\r\n/ },
];
const PROMPT = /^\r\n[>@] ?$/;
const CONNECT = /^\r\nCONNECT(?: (\d+))?\r\n$/;

/** A stretch of what the modem prints that is never cut by anything else it prints. */
export interface Piece {
  readonly kind: "echo" | "line" | "prompt" | "data";
  readonly bytes: Buffer;
  /** Whether an unsolicited line may stand behind it: the modem is neither in data mode nor at a prompt. */
  readonly border: boolean;
}

type Mode =
  | { readonly kind: "command" }
  | { readonly kind: "upload"; readonly left: number }
  | { readonly kind: "stream"; readonly end: RegExp }
  | { readonly kind: "download"; readonly length: (received: string) => number | undefined };

/**
 * Both directions of a serial line, read by a reader of its own: neither the driver's nor the simulated modem's. It
 * knows which bytes the modem takes as a command, and between which bytes of its output a line may come unasked.
 */
export class Conversation {
  /** Everything that the modem has taken as a command line, without its CR. */
  readonly commands: string[] = [];
  /** Everything that went to the modem behind a prompt. */
  readonly uploads: Buffer[] = [];
  /** Everything that went to the modem in data mode, with the escape sequences that end it. */
  readonly stream: Buffer[] = [];
  #mode: Mode = { kind: "command" };
  #typed = "";
  #printed = "";
  /** A command whose echo has not come yet. */
  #unechoed: string | undefined;
  #upload: Buffer[] = [];
  readonly #echo: boolean;

  /** @param echo whether the modem repeats its commands */
  constructor(echo: boolean) {
    this.#echo = echo;
  }

  fromHost(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#mode.kind === "upload") {
        const part = rest.subarray(0, this.#mode.left);
        this.#uploaded(part, this.#mode.left);
        rest = rest.subarray(part.length);
        continue;
      }
      if (this.#mode.kind === "stream") {
        this.stream.push(Buffer.from(rest));
        return;
      }
      const end = rest.indexOf("\r");
      this.#typed += rest.toString("latin1", 0, end < 0 ? rest.length : end);
      if (end < 0) return;
      this.commands.push(this.#typed);
      if (this.#echo) this.#unechoed = this.#typed;
      this.#typed = "";
      rest = rest.subarray(end + 1);
    }
  }

  /** What was typed and not ended: anything here after a command has been answered is a leak. */
  get unfinished(): string {
    return this.#typed;
  }

  fromModem(bytes: Buffer): Piece[] {
    this.#printed += bytes.toString("latin1");
    const pieces: Piece[] = [];
    for (let piece = this.#take(); piece !== undefined; piece = this.#take()) pieces.push(piece);
    return pieces;
  }

  #uploaded(part: Buffer, left: number): void {
    this.#upload.push(part);
    this.#mode = part.length < left ? { kind: "upload", left: left - part.length } : { kind: "command" };
    if (this.#mode.kind === "upload") return;
    this.uploads.push(Buffer.concat(this.#upload));
    this.#upload = [];
  }

  #take(): Piece | undefined {
    if (this.#mode.kind === "download") return this.#takeDownload(this.#mode.length);
    if (this.#mode.kind === "stream") return this.#takeStream(this.#mode.end);
    if (this.#unechoed !== undefined && this.#printed.startsWith(`${this.#unechoed}\r`)) {
      const { length } = this.#unechoed;
      this.#unechoed = undefined;
      return this.#cut("echo", length + 1);
    }
    if (PROMPT.test(this.#printed)) return this.#prompt(this.#cut("prompt", this.#printed.length));
    const counted = this.#countedEnd();
    const end = counted ?? this.#printed.indexOf("\r\n", this.#printed.startsWith("\r\n") ? 2 : 0) + 2;
    if (end < 2 || end > this.#printed.length || (counted === undefined && end === 2)) return undefined;
    const line = this.#cut("line", end);
    const connect = CONNECT.exec(line.bytes.toString("latin1"));
    return connect === null ? line : this.#connected(line, connect[1]);
  }

  #countedEnd(): number | undefined {
    for (const [pattern, tail] of COUNTED) {
      const head = pattern.exec(this.#printed);
      if (head === null) continue;
      const digits = head[0].includes("+USOR") && this.#isHex ? 2 : 1;
      return head[0].length + digits * Number(head[1]) + tail.length;
    }
    return undefined;
  }

  get #isHex(): boolean {
    const last = this.commands.findLast((command) => HEX_MODE.test(command)) ?? "";
    return HEX_MODE.exec(last)?.[1] === "1";
  }

  #connected(line: Piece, announced: string | undefined): Piece {
    const length = this.#announcedUpload();
    if (length !== undefined) return this.#prompt(line);
    const command = this.commands.at(-1) ?? "";
    const dataMode = DATA_MODES.find(({ command: pattern }) => pattern.test(command));
    if (dataMode !== undefined) this.#mode = { kind: "stream", end: dataMode.end };
    else if (announced !== undefined) this.#mode = { kind: "download", length: () => Number(announced) };
    else if (/^AT\+QHTTPREAD=/i.test(command)) this.#mode = { kind: "download", length: responseLength };
    else if (/^AT\+QFDWL=/i.test(command)) this.#mode = { kind: "download", length: fileLength };
    else throw new Error(`how long is what comes after ${command}?`);
    return { ...line, border: false };
  }

  #prompt(piece: Piece): Piece {
    const left = this.#announcedUpload();
    if (left === undefined) throw new Error(`how much does ${this.commands.at(-1)} take?`);
    this.#mode = { kind: "upload", left };
    return { ...piece, border: false };
  }

  #announcedUpload(): number | undefined {
    const command = this.commands.at(-1) ?? "";
    const length = UPLOADS.map((pattern) => pattern.exec(command)?.[1]).find((digits) => digits !== undefined);
    return length === undefined ? undefined : Number(length);
  }

  #takeDownload(length: (received: string) => number | undefined): Piece | undefined {
    const end = length(this.#printed);
    if (end === undefined || this.#printed.length < end) return undefined;
    this.#mode = { kind: "command" };
    return { ...this.#cut("data", end), border: false };
  }

  /** A payload that looks like the end would end it too: tests that read a line so send none. */
  #takeStream(end: RegExp): Piece | undefined {
    const found = end.exec(this.#printed);
    if (found === null) return this.#printed === "" ? undefined : this.#streamPiece(this.#printed.length);
    if (found.index > 0) return this.#streamPiece(found.index);
    this.#mode = { kind: "command" };
    return this.#cut("line", found[0].length);
  }

  #streamPiece(end: number): Piece {
    return { ...this.#cut("data", end), border: false };
  }

  #cut(kind: Piece["kind"], length: number): Piece {
    const bytes = Buffer.from(this.#printed.slice(0, length), "latin1");
    this.#printed = this.#printed.slice(length);
    return { kind, bytes, border: kind === "echo" || kind === "line" };
  }
}

/** Head and body of a response that says its length. */
function responseLength(received: string): number | undefined {
  const head = received.indexOf("\r\n\r\n");
  if (head < 0) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, head))?.[1];
  if (length === undefined) throw new Error("a response without Content-Length");
  return head + 4 + Number(length);
}

/** A file, behind which its length is told. */
function fileLength(received: string): number | undefined {
  const ends = [...received.matchAll(/\r\n\+QFDWL: (\d+),/g)];
  return ends.find(({ index, 1: length }) => index === Number(length))?.index;
}
