import { PinMemory } from "../../../driver/cellular/pin-memory";
import type { Timing } from "../../../driver/life/timing";
import { Modem, type ModemOptions } from "../../../driver/modem";
import type { ModemSettings } from "../../../driver/modem-types";
import { DEFAULT_SETTINGS } from "../../../driver/settings";
import { PeerModem } from "./peer-modem";
import { TEST_MODEL } from "./test-model";

/** The times of a life, a hundredth or less of the real ones: nothing here waits for the clock but for these. */
const QUICK: Partial<Timing> = {
  probe: 200,
  escapeGuard: 20,
  synchronise: 600,
  rebootSettle: 1,
  simBoot: 40,
  simInterval: 5,
  searchInterval: 20,
  radioCycle: 60_000,
  registrationGrace: 30,
  poll: 60_000,
  backoffMin: 5,
  backoffMax: 20,
  presence: 5,
  reopen: 10,
};

export const SETTINGS: Omit<ModemSettings, "port"> = { ...DEFAULT_SETTINGS, apn: "internet" };

export const SOON = { timeout: 5000 };

/** A modem and what it talks to. */
export interface TestLife {
  readonly peer: PeerModem;
  modem: Modem;
  /** Every change of state; an error stands behind a colon. */
  readonly states: string[];
  /** Makes the modem anew. */
  make(settings?: Partial<ModemSettings>, options?: ModemOptions): TestLife;
  /** Makes and opens it, and waits until it is ready. */
  up(settings?: Partial<ModemSettings>, options?: ModemOptions): Promise<TestLife>;
  end(): Promise<void>;
}

export async function startLife(): Promise<TestLife> {
  const peer = new PeerModem();
  peer.replies.set('AT+CGDCONT=1,"IP","internet"', []);
  await peer.listen();
  const states: string[] = [];
  const create = (settings: Partial<ModemSettings> = {}, options: ModemOptions = {}): Modem => {
    const modem = new Modem(
      { ...SETTINGS, port: peer.url, ...settings },
      {
        models: [TEST_MODEL],
        pins: new PinMemory(),
        random: () => 0.5,
        ...options,
        timing: { ...QUICK, ...options.timing },
      },
    );
    modem.on("state", (state, error) => states.push(error === undefined ? state : `${state}: ${error.code}`));
    return modem;
  };
  const life: TestLife = {
    peer,
    modem: create(),
    states,
    make(settings, options) {
      life.modem = create(settings, options);
      return life;
    },
    async up(settings, options) {
      life.make(settings, options).modem.open();
      await life.modem.ready(SOON);
      return life;
    },
    async end() {
      await life.modem.close();
      await peer.unplug();
    },
  };
  return life;
}
