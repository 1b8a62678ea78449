import { type Deferred, deferred } from "../../deferred";
import { AnswerReader } from "../../internet/http/answer";
import type { HttpAnswer } from "../../internet/http/types";
import { openStream, ownInternet } from "../../internet/own-internet";
import type { StreamSocket } from "../../internet/own-traffic";
import { openTls } from "../../internet/tls/tls";
import type { TlsSettings } from "../../internet/tls/types";
import { CommandError } from "../../line/command-error";
import { HttpError } from "./errors";

/** Bytes of a body that wait in the modem; the rest stays with the server until the host reads (the receive window). */
const WINDOW = 64 * 1024;

export interface Destination {
  /** The name or address in the URL. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Bytes that the body of the answer lacks at its end, by a fault. */
  readonly cut: number;
  /** Left out: no TLS. */
  readonly tls?: {
    readonly settings: TlsSettings;
    /** ms for TCP and handshake */
    readonly timeout: number;
  };
}

/**
 * One connection to a server: sends a request, waits for the header of the answer, and reads the body when the host
 * asks for it. Fails with the numbers of the HTTP manual's chapter 5.
 */
export class HttpConnection {
  readonly #socket: StreamSocket;
  /** Bytes that the body of the answer lacks at its end, by a fault. */
  readonly #cut: number;
  #reader: AnswerReader | undefined;
  #failure: number | undefined;
  #change: Deferred<void> | undefined;

  private constructor(socket: StreamSocket, signal: AbortSignal, cut: number) {
    this.#socket = socket;
    this.#cut = cut;
    const leave = () => this.#fail(HttpError.deactivated);
    signal.addEventListener("abort", leave, { once: true });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#fail(error.code === "EPIPE" ? HttpError.write : HttpError.read);
    });
    socket.once("close", () => signal.removeEventListener("abort", leave));
  }

  /**
   * @param timeout ms
   * @throws {CommandError} 716 refused, 702 not in time, 709 the context ended
   * @throws {InternetError} `connect`, `tls`, `timeout` or `closed` of a secured one
   */
  static async open(destination: Destination, timeout: number, signal: AbortSignal): Promise<HttpConnection> {
    const { tls } = destination;
    if (tls === undefined) return HttpConnection.#openPlain(destination, timeout, signal);
    const { socket } = await openTls(tls.settings, destination, { timeout: Math.min(timeout, tls.timeout), signal });
    return new HttpConnection(socket, signal, destination.cut);
  }

  static async #openPlain(
    { address, port, cut }: Destination,
    timeout: number,
    signal: AbortSignal,
  ): Promise<HttpConnection> {
    const own = await ownInternet(address);
    return new Promise((resolve, reject) => {
      const socket = openStream({ address, port }, own);
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        socket.removeAllListeners("error");
        signal.removeEventListener("abort", onAbort);
        finish();
      };
      const refuse = (code: number) =>
        settle(() => {
          socket.on("error", () => undefined);
          socket.destroy();
          reject(new CommandError(code));
        });
      const onAbort = () => refuse(HttpError.deactivated);
      const timer = setTimeout(() => refuse(HttpError.timeout), timeout);
      if (signal.aborted) onAbort();
      signal.addEventListener("abort", onAbort);
      socket.once("error", () => refuse(HttpError.connect));
      socket.once("connect", () => settle(() => resolve(new HttpConnection(socket, signal, cut))));
    });
  }

  /** The server has cut the connection: what was received before can't be read any more. */
  get broken(): boolean {
    return this.#failure === HttpError.read;
  }

  /** Sends a part of the request; the first part contains the method. */
  send(bytes: Buffer): void {
    const headOnly = bytes.toString("latin1", 0, 5) === "HEAD ";
    if (this.#reader === undefined) this.#listen(new AnswerReader(headOnly, this.#cut));
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  /**
   * Resolves once the header has arrived; the body may still be on its way.
   * @param timeout ms
   * @throws {CommandError} 728 not in time, 717, 718, 719, 721
   */
  async head(timeout: number): Promise<Omit<HttpAnswer, "body">> {
    const late = setTimeout(() => this.#fail(HttpError.responseTimeout), timeout);
    try {
      for (;;) {
        if (this.#reader?.headComplete) return this.#reader.answer();
        await this.#more();
      }
    } finally {
      clearTimeout(late);
    }
  }

  /**
   * The body, piece by piece as it arrives.
   * @param gap ms between two pieces
   * @throws {CommandError} 722 if the gap is too long; 717, 719, 721 if it stays incomplete
   */
  async *body(gap: number): AsyncGenerator<Buffer> {
    const reader = this.#reader;
    if (reader === undefined) return;
    for (;;) {
      const piece = reader.takeBody();
      if (piece.length > 0) yield piece;
      else if (reader.complete) return;
      else await this.#moreWithin(gap);
      this.#socket.resume();
    }
  }

  close(): void {
    this.#fail(HttpError.closed);
  }

  #listen(reader: AnswerReader): void {
    this.#reader = reader;
    let waiting = 0;
    this.#socket.on("resume", () => {
      waiting = 0;
    });
    this.#socket.on("data", (bytes: Buffer) => {
      this.#guarded(HttpError.decode, () => reader.push(bytes));
      waiting += bytes.length;
      if (waiting > WINDOW && reader.headComplete) this.#socket.pause();
    });
    this.#socket.once("end", () => this.#guarded(HttpError.closed, () => reader.end()));
  }

  #guarded(failure: number, work: () => void): void {
    try {
      work();
      if (this.#reader?.complete) this.#socket.destroy();
      this.#change?.resolve();
    } catch {
      this.#fail(this.#reader?.hungUp === true ? HttpError.closed : failure);
    }
  }

  /** The first failure counts; a complete answer can't fail any more. */
  #fail(code: number): void {
    if (!this.#reader?.complete) this.#failure ??= code;
    this.#socket.destroy();
    this.#change?.resolve();
  }

  async #moreWithin(gap: number): Promise<void> {
    const late = setTimeout(() => this.#fail(HttpError.readTimeout), gap);
    try {
      await this.#more();
    } finally {
      clearTimeout(late);
    }
  }

  #more(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(new CommandError(this.#failure));
    this.#change = deferred();
    return this.#change.promise;
  }
}
