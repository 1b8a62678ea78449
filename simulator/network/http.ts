import { connect, isIP, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { AnswerReader } from "./http-answer";
import type { HttpAnswer, HttpExchange } from "./http-types";
import { type Network, NetworkError } from "./network";

/**
 * Sends one request over a connection of its own and reads the answer.
 * @throws {NetworkError} `dns`, `connect` (also when no connection comes about in time), `tls`, `timeout` (silence of
 * the server), `reset`, `closed` (the answer was cut, is no HTTP, or `signal` fired)
 */
export async function exchange(request: HttpExchange, network: Network): Promise<HttpAnswer> {
  await network.delay(request.signal);
  const target = network.target(request.host, request.port);
  const answer = await firstAnswer(request, await network.lookup(target.host), target.port);
  await network.delay(request.signal);
  return answer;
}

/** Goes on to the next address of a name only while no connection comes about. */
async function firstAnswer(request: HttpExchange, addresses: readonly string[], port: number): Promise<HttpAnswer> {
  const [address, ...others] = addresses;
  if (address === undefined) throw new NetworkError("dns", `${request.host} has no address`);
  try {
    return await new Transfer(request, address, port).run();
  } catch (error) {
    const refused = error instanceof NetworkError && error.failure === "connect";
    if (!refused || others.length === 0) throw error;
    return firstAnswer(request, others, port);
  }
}

class Transfer {
  readonly #reader: AnswerReader;
  #connected = false;
  #ready = false;

  constructor(
    private readonly request: HttpExchange,
    private readonly address: string,
    private readonly port: number,
  ) {
    this.#reader = new AnswerReader(request.headOnly);
  }

  run(): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      if (this.request.signal.aborted) {
        reject(aborted());
        return;
      }
      const socket = this.#open();
      const onAbort = () => fail(aborted());
      const leave = () => {
        this.request.signal.removeEventListener("abort", onAbort);
        socket.destroy();
      };
      const fail = (error: NetworkError) => {
        leave();
        reject(error);
      };
      this.request.signal.addEventListener("abort", onAbort, { once: true });
      this.#listen(socket, fail, () => {
        leave();
        resolve(this.#reader.answer());
      });
    });
  }

  #open(): Socket {
    const { address: host, port } = this;
    if (!this.request.secure) return connect({ host, port });
    const named = isIP(this.request.host) === 0 ? { servername: this.request.host } : {};
    // Certificates are checked by security profiles, which this exchange does not have yet.
    return connectSecurely({ host, port, rejectUnauthorized: false, ...named });
  }

  #listen(socket: Socket, fail: (error: NetworkError) => void, done: () => void): void {
    const guarded = (work: () => void) => {
      try {
        work();
        if (this.#reader.complete) done();
      } catch (error) {
        fail(error instanceof NetworkError ? error : new NetworkError("closed", String(error)));
      }
    };
    socket.setTimeout(this.request.timeout, () => {
      fail(new NetworkError(this.#connected ? "timeout" : "connect", "the server did not answer in time"));
    });
    socket.once("connect", () => {
      this.#connected = true;
    });
    socket.once(this.request.secure ? "secureConnect" : "connect", () => {
      this.#ready = true;
      socket.write(this.request.request);
    });
    socket.on("data", (bytes: Buffer) => guarded(() => this.#reader.push(bytes)));
    socket.once("end", () => guarded(() => this.#reader.end()));
    socket.once("close", () => guarded(() => this.#reader.end()));
    socket.on("error", (error: NodeJS.ErrnoException) => fail(this.#explain(error)));
  }

  #explain(error: NodeJS.ErrnoException): NetworkError {
    if (!this.#connected) return new NetworkError("connect", error.message);
    return new NetworkError(this.#ready ? "reset" : "tls", error.message);
  }
}

function aborted(): NetworkError {
  return new NetworkError("closed", "the modem was switched off");
}
