import type { SocketBench } from "./fake-sockets";

/** What goes wrong with the next write, or with the next change of the mode. */
export type WriteFault = "short" | "uncounted" | "silent" | "refused";
export type ChangeFault = "silent" | "silent, but done" | "refused";

/** A rule that holds as long as something is to go wrong. */
class WhileArmed extends RegExp {
  readonly #isArmed: () => boolean;

  constructor(pattern: RegExp, isArmed: () => boolean) {
    super(pattern);
    this.#isArmed = isArmed;
  }

  override exec(text: string): RegExpExecArray | null {
    return this.#isArmed() ? super.exec(text) : null;
  }
}

/** Faults of the module, one of a kind at a time. */
export class Faults {
  write: { readonly how: WriteFault; readonly share: number } | undefined;
  change: ChangeFault | undefined;
  /** The way back is tried twice: it does not fail twice. */
  #mayFailBack = true;

  constructor({ peer, module }: SocketBench) {
    const writes = /^AT\+USOWR=(\d),(\d+)(?:,"([^"]*)")?$/;
    peer.on(new WhileArmed(writes, () => this.write !== undefined), ([, id, length, text]) => {
      const { how = "refused", share = 0 } = this.write ?? {};
      this.write = undefined;
      const finish = (data: Buffer): readonly string[] | undefined => {
        const fake = module.sockets.get(Number(id));
        if (fake === undefined || how === "refused" || data.length !== Number(length)) return ["ERROR"];
        const taken = data.subarray(0, Math.max(how === "short" ? 1 : 0, Math.round(share * data.length)));
        fake.sent.push(taken);
        if (how === "silent") return undefined;
        return how === "short" ? [`+USOWR: ${id},${taken.length}`, "OK"] : ["OK"];
      };
      if (text !== undefined) return finish(Buffer.from(text, module.hex ? "hex" : "latin1"));
      // Silence behind a prompt ends the connection, which is not what these faults are for.
      return { prompt: "@", bytes: Number(length), finish: (data) => finish(data) ?? ["OK"] };
    });
    peer.on(new WhileArmed(/^AT\+UDCONF=1,([01])$/, () => this.change !== undefined), ([, value]) => {
      const how = this.change;
      const isBack = value === "0";
      this.change = undefined;
      const fails = !isBack || this.#mayFailBack;
      this.#mayFailBack = !isBack;
      if (!fails || how === "silent, but done") module.hex = value === "1";
      if (!fails) return ["OK"];
      return how === "refused" ? ["ERROR"] : undefined;
    });
    peer.on(/^AT$/, ["OK"]);
  }
}
