import { type Field, quote } from "../../at/fields";
import { unlessRejected } from "../../cellular/commands";
import { isModemError } from "../../errors";
import type { UbloxFiles } from "../files/files";

export type Files = Pick<UbloxFiles, "write" | "remove">;

/** The file of the modem's from which a client publishes what no command carries, one message at a time. */
export class MessageFile {
  readonly field: Field;
  readonly #name: string;
  readonly #files: Files;
  #isUsable = true;
  /** It may be on the modem, from an earlier run, too. */
  #isStale = true;

  constructor(name: string, files: Files) {
    this.field = quote(name, { field: "file", max: name.length });
    this.#name = name;
    this.#files = files;
  }

  /** False once the modem has refused to publish from it: its firmware can't. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** Writes it, has it published by `work`, and deletes it. @returns false where the modem can't publish it */
  async use(payload: Uint8Array, work: () => Promise<void>): Promise<boolean> {
    this.#isStale = true;
    await this.#files.write(this.#name, payload);
    try {
      await work();
    } catch (error) {
      if (!isModemError(error, "MODEM_REJECTED")) throw error;
      this.#isUsable = false;
    } finally {
      // What is left of it is deleted before the next login.
      await this.clear().catch(() => undefined);
    }
    return this.#isUsable;
  }

  async clear(): Promise<void> {
    if (!this.#isStale) return;
    await unlessRejected(this.#files.remove(this.#name));
    this.#isStale = false;
  }
}
