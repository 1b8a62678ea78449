/** `--route NAME:PORT=HOST:PORT`; port undefined stands for `*`. */
export interface Route {
  readonly name: string;
  readonly port: number | undefined;
  readonly target: { readonly host: string; readonly port: number | undefined };
}

/** Where traffic of the modem's own clients goes: real sockets of this machine, bent by routes, delayed by latency. */
export interface Network {
  /** Name or address and port that a client asked for → what to connect to. */
  target(host: string, port: number): { host: string; port: number };
  /** Addresses of a name (a route's target first, then DNS), to connect to. @throws {NetworkError} `dns` */
  lookup(host: string): Promise<string[]>;
  /** The same for the modem's host, which may come back with an address: `target` takes it for the name then. */
  resolve(host: string): Promise<string[]>;
  /** Name of an address (a route's name first, then DNS). @throws {NetworkError} `dns` */
  reverse(address: string): Promise<string>;
  /** Waits the added latency. */
  delay(signal?: AbortSignal): Promise<void>;
}

export type NetworkFailure = "dns" | "connect" | "timeout" | "tls" | "reset" | "closed";

export class NetworkError extends Error {
  constructor(
    readonly failure: NetworkFailure,
    message: string,
  ) {
    super(message);
  }
}
