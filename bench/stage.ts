import { Modem } from "../driver/modem";
import type { Services } from "../driver/services/model";
import { BareLine } from "./bare-line";
import { FarEnd } from "./far-end";
import { modemSettings } from "./settings";
import { startSimulator } from "./simulator-process";
import type { ModelName } from "./socket-ways";

/** ms from a port to a data connection. */
const BOOT = 30_000;

/** The far end of a bench, and simulators whose internet leads to it. */
export class Stage {
  readonly farEnd: FarEnd;
  /** Of the far end, at 127.0.0.1. */
  readonly port: number;
  readonly #routes: readonly string[];

  private constructor(farEnd: FarEnd, port: number, routes: readonly string[]) {
    this.farEnd = farEnd;
    this.port = port;
    this.#routes = [...routes, `bench.example:*=127.0.0.1:${port}`];
  }

  /** @param routes of the simulators, beside the one to the far end */
  static async open(routes: readonly string[] = []): Promise<Stage> {
    const farEnd = new FarEnd();
    return new Stage(farEnd, await farEnd.listen(), routes);
  }

  close(): void {
    this.farEnd.close();
  }

  /** Runs `work` with a modem that is connected. */
  async withModem<T>(
    model: ModelName,
    baud: number,
    work: (services: Services, modem: Modem) => Promise<T>,
  ): Promise<T> {
    const simulator = await startSimulator({ model, baud, routes: this.#routes });
    const modem = new Modem(modemSettings(`tcp://127.0.0.1:${simulator.port}`, baud));
    modem.open();
    try {
      return await work(await modem.ready({ timeout: BOOT }), modem);
    } finally {
      await modem.close();
      simulator.stop();
    }
  }

  /** Runs `work` with a connected LARA-R6 and nothing above its channel. */
  async withBareLine<T>(baud: number, work: (line: BareLine) => Promise<T>): Promise<T> {
    const simulator = await startSimulator({ model: "LARA-R6", baud, routes: this.#routes });
    try {
      const line = await BareLine.open(simulator.port, baud);
      try {
        return await work(line);
      } finally {
        await line.close();
      }
    } finally {
      simulator.stop();
    }
  }
}
