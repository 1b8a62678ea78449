import { RecentSecrets } from "../at/trace/fragments";
import { cycleRadio } from "../cellular/functionality";
import type { Transport } from "../transport/transport";
import type { LifeContext } from "./context";
import { Life } from "./life";
import { Session, type SessionListeners } from "./session";

/** Makes the sessions of one modem. This and all that it imports is loaded with the first port that is opened. */
export class Sessions {
  readonly #context: LifeContext;
  readonly #listeners: SessionListeners;
  readonly #life: Life;
  readonly #secrets = new RecentSecrets();

  constructor(context: LifeContext, listeners: SessionListeners) {
    this.#context = context;
    this.#listeners = listeners;
    this.#life = new Life(context);
  }

  begin(transport: Transport): Session {
    return new Session(transport, this.#listeners, this.#secrets);
  }

  /** See {@link Life.run}. */
  live(session: Session, patience: number): Promise<void> {
    return this.#life.run(session, patience);
  }

  /** Turns the radio of a modem that is silent off and on again. */
  cycleRadio(session: Session): Promise<void> {
    return cycleRadio(session.channel, session.signal, this.#context.timing.order);
  }
}
