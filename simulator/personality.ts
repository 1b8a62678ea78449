import type { CommandDefinition } from "./line/command";
import type { ModelTraits, Modem } from "./modem";

/** What makes a modem a LARA-R6 or a BG96; the shared commands of 27.007 and V.250 are in `cellular/` and `line/`. */
export interface Personality extends ModelTraits {
  /** Lines printed after booting (BG96: `RDY`, …, `APP RDY`), with the ms between them; empty texts are left out. */
  readonly bootLines: readonly { readonly text: string | ((modem: Modem) => string); readonly delay: number }[];
  /** What it does with its NVM at each start, before anything else. */
  readonly starts?: (modem: Modem) => void;
  /** What it says once a card that was slow has booted; nothing if left out. */
  readonly cardLine?: (modem: Modem) => string;
  /** Added to the shared ones; take precedence over those of the same name. */
  readonly commands: readonly CommandDefinition[];
  /** Faults that only this modem can have, by their name for `--fault`. */
  readonly faults?: Readonly<Record<string, PersonalityFault>>;
}

/** A fault of one model. */
export interface PersonalityFault {
  readonly help: string;
  /** Values allowed after `=`; none if left out. */
  readonly value?: RegExp;
  /** It says nothing without a value. */
  readonly needsValue?: true;
  start(modem: Modem, given: GivenFault): void;
  /** Undoes it; without this, it takes no duration. */
  end?(modem: Modem): void;
}

/** What was given with a fault. */
export interface GivenFault {
  readonly value: string | undefined;
  /** A duration: it happens each time until it is undone, not only the next. */
  readonly lasts: boolean;
  /** Lets the modem neither hear nor answer, or lets it again. */
  silence(on: boolean): void;
}
