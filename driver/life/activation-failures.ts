/** What to do about an activation that was refused. */
export type Remedy = "try again" | "check later" | "reboot";

/** Attempts before the modem is rebooted, and checks after it before the next reboot (BG96 guide 4.2: at least three). */
const ATTEMPTS = 3;

/**
 * Counts activations that are refused, over all sessions with a modem.
 *
 * BG96 guide 4.2: what its checks do not mend a reboot may, and after that at least three checks, ten minutes apart, come
 * before another. Networks bar devices that register too often; u-blox advises at most 20 an hour.
 */
export class ActivationFailures {
  #attempts = 0;
  #hasRebooted = false;

  /** A context came up. */
  settled(): void {
    this.#attempts = 0;
    this.#hasRebooted = false;
  }

  /**
   * One more was refused.
   *
   * @param mayReboot not where that would take away what works
   */
  take(mayReboot: boolean): Remedy {
    this.#attempts += 1;
    if (this.#attempts < ATTEMPTS) return this.#hasRebooted ? "check later" : "try again";
    if (!mayReboot) return "check later";
    this.#attempts = 0;
    return "reboot";
  }

  /** Since the last reboot. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Whether a reboot has to wait as long as a check. */
  get hasRebooted(): boolean {
    return this.#hasRebooted;
  }

  /** It was rebooted, or could not be, for this reason. */
  rebooted(): void {
    this.#hasRebooted = true;
  }
}
