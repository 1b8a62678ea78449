import { stopWait, wait } from "../clock";
import { AddressBook } from "./address-book";
import { forwardLookup, reverseLookup } from "./dns";
import { type Internet, InternetError, type Route } from "./internet";
import { plainName } from "./route";

export { parseRoute } from "./route";

/** Latency varies by this share either way, as on a radio link. */
const JITTER = 0.1;

export interface InternetOptions {
  readonly routes: readonly Route[];
  /** Added latency, ms; 0 adds no wait at all. */
  readonly latency: number;
  /** Numbers from [0, 1), the simulator's seeded source. */
  readonly random: () => number;
}

/** The network of this machine, redirected by routes and slowed down by latency. */
export function createInternet(options: InternetOptions): Internet {
  const { routes, latency, random } = options;
  const book = new AddressBook(routes);
  return {
    target(host, port) {
      const name = plainName(host);
      return book.target(name, port) ?? { host: name, port };
    },
    lookup: (host) => forwardLookup(host, routes),
    resolve: async (host) => book.tell(host, await forwardLookup(host, routes)),
    reverse: async (address) => book.nameOf(plainName(address)) ?? reverseLookup(address, routes),
    async delay(signal) {
      if (latency <= 0) return;
      await pause(latency * (1 + JITTER * (2 * random() - 1)), signal);
    },
  };
}

/** @throws an InternetError when the modem is switched off meanwhile */
function pause(ms: number, switchedOff?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      stopWait(timer);
      switchedOff?.removeEventListener("abort", end);
      if (switchedOff?.aborted) reject(new InternetError("closed", "the modem was switched off"));
      else resolve();
    };
    const timer = wait(end, ms).unref();
    if (switchedOff?.aborted) end();
    else switchedOff?.addEventListener("abort", end);
  });
}
