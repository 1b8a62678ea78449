import type { Trouble } from "../tap";

/** A SIM that asks for its PIN and counts wrong ones, in place of the simulated modem's own. It outlives Node-RED. */
export class LockedSim {
  /** Attempts left. */
  left: number;
  /** PINs that were tried, in order. */
  readonly tried: string[] = [];
  /** Called with a PIN before it is answered. */
  onPin: (pin: string) => void = () => {};
  #open = false;
  readonly #pin: string;
  readonly #iccid: string;

  constructor(pin: string, { left = 3, iccid = "8988000000000000017" } = {}) {
    this.#pin = pin;
    this.left = left;
    this.#iccid = iccid;
  }

  /** The power of the modem was off. */
  restart(): void {
    this.#open = false;
  }

  /** For a `Tap`. */
  get troubles(): Trouble[] {
    const ask = (when: RegExp, reply: (command: string) => string): Trouble => ({
      when,
      answer: (command) => `${command}\r\n${reply(command)}\r\n`,
    });
    const ok = (line: string) => `${line}\r\n\r\nOK`;
    return [
      ask(/AT\+CPIN\?\r/, () => ok(`+CPIN: ${this.#open ? "READY" : this.left > 0 ? "SIM PIN" : "SIM PUK"}`)),
      ask(/AT\+CPIN="(\d+)"\r/, (command) => this.#try(/\d+/.exec(command)?.[0] ?? "")),
      ask(/AT\+UPINCNT\r/, () => ok(`+UPINCNT: ${this.left},3,10,10`)),
      ask(/AT\+QPINC="SC"\r/, () => ok(`+QPINC: "SC",${this.left},10`)),
      ask(/AT\+QPINC\?\r/, () => ok(`+QPINC: "SC",${this.left},10\r\n+QPINC: "P2",3,10`)),
      ask(/AT\+CCID\r/, () => ok(`+CCID: ${this.#iccid}`)),
      ask(/AT\+QCCID\r/, () => ok(`+QCCID: ${this.#iccid}F`)),
    ];
  }

  #try(pin: string): string {
    this.tried.push(pin);
    this.onPin(pin);
    this.#open = this.left > 0 && pin === this.#pin;
    this.left = this.#open ? 3 : Math.max(0, this.left - 1);
    return this.#open ? "OK" : "+CME ERROR: 16";
  }
}
