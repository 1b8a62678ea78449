import type { CommandDefinition } from "./line/command";
import type { ModelTraits, Modem } from "./modem";

/** What makes a modem a LARA-R6 or a BG96; the commands of 27.007 and V.250 that all share stand in `cellular/` and `line/`. */
export interface Personality extends ModelTraits {
  /** Lines printed when it has booted (BG96: `RDY`, …, `APP RDY`), with the ms between them; an empty text is left out. */
  readonly bootLines: readonly { readonly text: string | ((modem: Modem) => string); readonly delay: number }[];
  /** Added to, and where the name is the same put before, the shared ones. */
  readonly commands: readonly CommandDefinition[];
  /** Faults that only this modem can have, by the name `--fault` has for them. */
  readonly faults?: Readonly<Record<string, PersonalityFault>>;
}

/** Something that goes wrong until it is undone. */
export interface PersonalityFault {
  readonly help: string;
  start(modem: Modem): void;
  end(modem: Modem): void;
}
