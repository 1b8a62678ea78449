import { vi } from "vitest";
import { AtChannel } from "../../../../driver/at/channel/channel";
import type { ModemError } from "../../../../driver/errors";
import { DirectStream } from "../../../../driver/services/sockets/direct-stream";
import { DataPeer, GUARD } from "../../at/data-mode/data-peer";
import { DIALECT } from "../../at/grammar";

export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
export const command = (line: string, more = {}) => ({ line, label: line, timeout: 1000, ...more });
/** Longest time for stepping out and entering again. */
export const OUT = 2 * GUARD + 1500;

/** A vendor's part for a modem with one socket. */
export class Vendor {
  readonly channel: AtChannel;
  readonly ends: (ModemError | undefined)[] = [];
  readonly settled: string[] = [];
  data = "";
  stands = true;
  /** What the modem still holds when the connection stands no more. */
  rest: string[] = [];
  take: () => void | Promise<void> = () => undefined;
  readonly stream: DirectStream;

  constructor(readonly peer = new DataPeer()) {
    this.channel = new AtChannel(peer);
    this.stream = this.#stream();
    this.channel.useDialect({ ...DIALECT, dataMode: peer.grammar });
    for (const line of ["AT+OPEN", "AT+ENTER"]) peer.answers.set(line, "CONNECT");
    for (const line of ["AT+STATE", "AT+A"]) peer.answers.set(line, "OK");
  }

  #stream(): DirectStream {
    return new DirectStream({
      channel: this.channel,
      operation: "TCP to a.test:7",
      enter: () => command("AT+ENTER"),
      settle: async (deliver) => {
        await this.channel.send(command("AT+STATE"));
        if (this.stands) return true;
        for (const part of this.rest.splice(0)) await deliver(Buffer.from(part));
        return false;
      },
      onData: (data) => {
        this.data += data.toString("latin1");
        return this.take();
      },
      onEnded: (error) => void this.ends.push(error),
    });
  }

  async open(): Promise<this> {
    const opening = this.stream.open(command("AT+OPEN"));
    await pass(100);
    await opening;
    return this;
  }

  get sent(): string {
    return this.peer.payload.toString("latin1");
  }

  /** Command lines since the last call. */
  commands(): string[] {
    return this.peer.commands.splice(0);
  }
}

/** Keeps the stream sending, a numbered line every 50 ms. */
export function startBulk({ stream }: Vendor) {
  let isRunning = true;
  let count = 0;
  const line = (index: number): string => `line ${index}\n`;
  const run = (async () => {
    while (isRunning) {
      await stream.send(Buffer.from(line(count)));
      count += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return {
    expected: () => Array.from({ length: count }, (_, index) => line(index)).join(""),
    stop: async () => {
      isRunning = false;
      await pass(OUT + 6000);
      await run;
    },
  };
}
