import { type Internet, InternetError } from "../internet";
import { openStream, ownInternet } from "../own-internet";
import type { StreamSocket } from "../own-traffic";
import { openTls } from "../tls/tls";
import type { TlsConnection } from "../tls/types";
import { AnswerReader } from "./answer";
import type { HttpAnswer, HttpExchange } from "./types";

/**
 * Sends one request over a connection of its own and reads the answer.
 * @throws {InternetError} `dns`, `connect` (also if there is no connection in time), `tls`, `timeout` (silence of
 * the server), `reset`, `closed` (the answer was cut short or is not HTTP, or `signal` fired)
 */
export async function exchange(request: HttpExchange, internet: Internet): Promise<HttpAnswer> {
  await internet.delay(request.signal);
  const target = internet.target(request.host, request.port);
  const addresses = (await internet.lookup(target.host)).filter(request.reaches ?? (() => true));
  if (addresses.length === 0) throw new InternetError("connect", `${target.host} is not of the context's IP type`);
  await internet.troubles?.connecting(request.signal);
  const cut = internet.troubles?.takeCut() ?? 0;
  const answer = await firstAnswer({ ...request, cut }, addresses, target.port);
  await internet.delay(request.signal);
  return answer;
}

/** With the bytes that the body lacks at its end, by a fault. */
type CutExchange = HttpExchange & { readonly cut: number };

/** Tries the next address of a name only if there was no connection. */
async function firstAnswer(request: CutExchange, addresses: readonly string[], port: number): Promise<HttpAnswer> {
  const [address, ...others] = addresses;
  if (address === undefined) throw new InternetError("dns", `${request.host} has no address`);
  try {
    return await transfer(request, address, port);
  } catch (error) {
    const refused = error instanceof InternetError && error.failure === "connect";
    if (!refused || others.length === 0) throw error;
    return firstAnswer(request, others, port);
  }
}

async function transfer(request: CutExchange, address: string, port: number): Promise<HttpAnswer> {
  const { host, timeout, signal } = request;
  if (signal.aborted) throw aborted();
  if (request.tls === undefined) {
    const own = await ownInternet(address);
    return new Transfer(request, openStream({ address, port }, own)).run();
  }
  const secured = await openTls(request.tls, { host, address, port }, { timeout, signal });
  try {
    return await new Transfer(request, secured.socket, secured).run();
  } finally {
    request.onTls?.(secured);
  }
}

class Transfer {
  readonly #request: CutExchange;
  readonly #socket: StreamSocket;
  readonly #secured: TlsConnection | undefined;
  readonly #reader: AnswerReader;
  #connected: boolean;
  #answered = false;

  constructor(request: CutExchange, socket: StreamSocket, secured?: TlsConnection) {
    this.#request = request;
    this.#socket = socket;
    this.#secured = secured;
    this.#connected = secured !== undefined;
    this.#reader = new AnswerReader(request.headOnly, request.cut);
  }

  run(): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const { signal } = this.#request;
      const onAbort = () => fail(aborted());
      const leave = () => {
        signal.removeEventListener("abort", onAbort);
        this.#socket.destroy();
      };
      const fail = (error: InternetError) => {
        leave();
        reject(error);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#listen(fail, () => {
        leave();
        resolve(this.#reader.answer());
      });
    });
  }

  #listen(fail: (error: InternetError) => void, done: () => void): void {
    const socket = this.#socket;
    const guarded = (work: () => void) => {
      try {
        work();
        if (this.#reader.complete) done();
      } catch (error) {
        fail(error instanceof InternetError ? error : new InternetError("closed", String(error)));
      }
    };
    socket.setTimeout(this.#request.timeout, () => {
      fail(new InternetError(this.#connected ? "timeout" : "connect", "the server did not answer in time"));
    });
    if (this.#connected) socket.write(this.#request.request);
    else socket.once("connect", () => this.#onConnect());
    socket.on("data", (bytes: Buffer) => {
      this.#answered = true;
      guarded(() => this.#reader.push(bytes));
    });
    socket.once("end", () => guarded(() => this.#end()));
    socket.once("close", () => guarded(() => this.#end()));
    socket.on("error", (error: NodeJS.ErrnoException) => fail(this.#explain(error)));
  }

  #onConnect(): void {
    this.#connected = true;
    this.#socket.write(this.#request.request);
  }

  #end(): void {
    if (this.#secured !== undefined && !this.#answered) throw this.#secured.explain();
    this.#reader.end();
  }

  #explain(error: NodeJS.ErrnoException): InternetError {
    if (!this.#connected) return new InternetError("connect", error.message);
    if (this.#secured !== undefined && !this.#answered) return this.#secured.explain(error);
    return new InternetError("reset", error.message);
  }
}

function aborted(): InternetError {
  return new InternetError("closed", "the modem was switched off");
}
