import type { PinMemory } from "../cellular/pin-memory";
import type { Identity, ModemSettings, Registration, Signal } from "../modem-types";
import type { ModelDefinition } from "../services/model";
import type { PdpContext } from "../services/packet-data";
import type { ActivationFailures } from "./activation-failures";
import type { Connections } from "./connections";
import type { Refusals } from "./refusals";
import type { Session } from "./session";
import type { StateMachine } from "./state-machine";
import type { Timing } from "./timing";

/** What life and recovery of one modem work with, over all its sessions. */
export interface LifeContext {
  readonly settings: ModemSettings;
  readonly models: readonly ModelDefinition[];
  readonly timing: Timing;
  /** From [0, 1): jitter. */
  readonly random: () => number;
  /** Of the file, when left out. */
  readonly pins: PinMemory | undefined;
  readonly pinFile: string | undefined;
  readonly connections: Connections;
  readonly activations: ActivationFailures;
  readonly refusals: Refusals;
  readonly state: StateMachine;
  readonly tell: LifeEvents;
}

/** What a flow may ask of the network, for as long as a session lasts. */
export interface NetworkAccess {
  /**
   * Activates a context, and keeps it up from then on.
   *
   * @throws {ModemError} `NO_CONNECTION`, `NOT_REGISTERED`, `INVALID_INPUT`
   */
  connect(context: PdpContext): Promise<void>;
  readSignal(): Promise<Signal>;
}

/** What life finds out; the modem makes events of it. */
export interface LifeEvents {
  identity(identity: Identity): void;
  /** The modem is identified and set up: commands may be sent on this session. */
  line(session: Session, network: NetworkAccess): void;
  /** At once, before anything else is asked: whether the network can be used. */
  registered(isRegistered: boolean): void;
  registration(registration: Registration): void;
  signal(signal: Signal): void;
  radio(radio: { connected: boolean }): void;
  restarted(reason: string): void;
  note(text: string): void;
  /** For the log, though nothing has failed. */
  notice(text: string): void;
}
