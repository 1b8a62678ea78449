import { expect, vi } from "vitest";
import { modemSettings } from "../../../bench/settings";
import type { ModemError } from "../../../driver/errors";
import type { Timing } from "../../../driver/life/timing";
import { Modem } from "../../../driver/modem";
import type { Services } from "../../../driver/services/model";
import type {
  ConnectOptions,
  ModemSocket,
  SocketAddress,
  SocketEvents,
  SocketService,
} from "../../../driver/services/sockets/sockets";
import { closeInProcess, simulatorFor } from "../../../simulator/faces/in-process";
import { Ledger } from "./ledger";
import "../../support/preload";

export { closedPort } from "../../support/listen";

/** Sockets that each model has, and what asks it for those that it holds. */
const TABLES = {
  "LARA-R6": { sockets: 7, questions: [0, 1, 2, 3, 4, 5, 6].map((number) => `AT+USOCTL=${number},0`) },
  BG96: { sockets: 12, questions: ["AT+QISTATE", "AT+QSSLSTATE"] },
} as const;
export type SocketModel = keyof typeof TABLES;
export const SOCKET_MODELS = Object.keys(TABLES) as SocketModel[];

/** ms */
const BOOT = 60_000;
const CONNECT = 30_000;
/** For what is to be gone: looks, and ms between them. */
const LOOKS = 200;
const PAUSE = 50;
/** Of a modem that comes back: these tests make it go often. */
const HASTY: Partial<Timing> = { backoffMin: 100, backoffMax: 200, reopen: 50, presence: 50, rebootSettle: 50 };

/** What the owner of a socket was told. */
export class Owner implements SocketEvents {
  readonly parts: Buffer[] = [];
  readonly from: SocketAddress[] = [];
  /** Codes, one each time that the end was told. */
  readonly ends: (string | undefined)[] = [];
  /** What taking a part waits for. */
  hold: Promise<void> = Promise.resolve();
  readonly over: Promise<void>;
  #end: () => void = () => undefined;

  constructor() {
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

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
    this.#end();
  }
}

/** What somebody could have left behind. */
export interface Counts {
  readonly listeners: number;
  readonly waiters: number;
  readonly commands: number;
  /** Timers of the whole process, the modem in software and servers included. */
  readonly timers: number;
  /** Sockets that the modem holds. */
  readonly held: number;
}

let number = 0;

/** A modem in software that the driver has connected, and everything that could stay behind on it. */
export class Stage {
  readonly capacity: number;
  /** Command lines that the driver has sent. */
  readonly sent: string[] = [];
  readonly #ledger = new Ledger();
  readonly #port: string;
  readonly #modem: Modem;

  private constructor(
    readonly model: SocketModel,
    options: string,
  ) {
    number += 1;
    this.capacity = TABLES[model].sockets;
    this.#port = `sim:${model}?name=sockets-${process.pid}-${number}&boot=50${options}`;
    this.#modem = new Modem(modemSettings(this.#port, 115_200), { timing: HASTY, models: this.#ledger.models });
    this.onSent((line) => this.sent.push(line));
  }

  static async open(model: SocketModel, options = ""): Promise<Stage> {
    const stage = new Stage(model, options);
    stage.#modem.open();
    await stage.services();
    return stage;
  }

  /** Calls back with every command line that is sent from now on. */
  onSent(listener: (line: string) => void): void {
    this.#modem.on("trace", ({ direction, text }) => {
      if (direction === "sent") listener(text);
    });
  }

  /** Of the session that there is, or of the next one. */
  services(): Promise<Services> {
    return this.#modem.ready({ timeout: BOOT });
  }

  async sockets(): Promise<SocketService> {
    return (await this.services()).sockets;
  }

  /** A TCP connection to a port of this machine. */
  async connect(port: number, owner: SocketEvents, more: Partial<ConnectOptions> = {}): Promise<ModemSocket> {
    const options: ConnectOptions = { host: "127.0.0.1", port, timeout: CONNECT, mode: "command", ...more };
    return (await this.sockets()).connect(options, owner);
  }

  /** Makes something go wrong with the modem. */
  fault(spec: string): void {
    simulatorFor(this.#port).fault(spec);
  }

  execute(command: string): Promise<{ lines: string[] }> {
    return this.#modem.execute(command, { timeout: 10_000 });
  }

  /** Resolves when the modem goes out of `ready`. */
  outage(): Promise<void> {
    return new Promise((resolve) => {
      this.#modem.on("state", (state) => {
        if (state !== "ready") resolve();
      });
    });
  }

  async counts(): Promise<Counts> {
    const { listeners, waiters, commands } = this.#ledger;
    const timers = vi.isFakeTimers()
      ? vi.getTimerCount()
      : process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    return { listeners, waiters, commands, timers, held: await this.#held() };
  }

  /** Sockets in the modem's own table. */
  async #held(): Promise<number> {
    let count = 0;
    for (const question of TABLES[this.model].questions) {
      const { lines } = await this.execute(question).catch(() => ({ lines: [] }));
      count += lines.length;
    }
    return count;
  }

  /** Waits until nothing more is there than `before`, and sees that every socket can be opened again. */
  async expectNothingLeft(before: Counts, port: number): Promise<void> {
    let { timers, ...others } = await this.counts();
    // Not by a helper that waits with timers of its own.
    for (let looks = 0; looks < LOOKS && (timers > before.timers || others.held > before.held); looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      ({ timers, ...others } = await this.counts());
    }
    expect({ ...others, timers: Math.max(timers, before.timers) }).toEqual(before);
    const owners = Array.from({ length: this.capacity }, () => new Owner());
    const sockets = await Promise.all(owners.map((owner) => this.connect(port, owner, { timeout: 5_000 })));
    await Promise.all(sockets.map((socket) => socket.close()));
    expect(owners.map(({ ends }) => ends)).toEqual(owners.map(() => [undefined]));
  }

  async close(): Promise<void> {
    await this.#modem.close();
    closeInProcess(this.#port);
  }
}

export async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => (error as ModemError).code,
  );
}
