import type { Dialect } from "../dialect";
import { isPrefixed } from "../parser/expectation";
import type { Token } from "../parser/tokens";
import { ConfidentialLines } from "./confidential";
import type { RecentSecrets } from "./fragments";
import { inBytes, type Mask } from "./mask";

export interface TraceHooks {
  onTrace?(entry: { direction: "sent" | "received" | "note"; text: string }): void;
  /** Bytes that belong to nothing. */
  onNoise?(bytes: Uint8Array): void;
}

/** Shows what the line carries, without secrets, and of payload only how much it is. */
export class Trace {
  readonly #hooks: TraceHooks;
  readonly #recent: RecentSecrets;
  /** Hides what the last command must not show. */
  mask: Mask | undefined;
  #confidential = new ConfidentialLines([]);
  #urcs: Dialect["urcs"] = [];
  /** Bytes of payload since the last entry. */
  readonly #untold = { sent: 0, received: 0 };

  constructor(hooks: TraceHooks, recent: RecentSecrets) {
    this.#hooks = hooks;
    this.#recent = recent;
  }

  useDialect({ urcs }: Dialect): void {
    this.#urcs = urcs;
    this.#confidential = ConfidentialLines.ofUrcs(urcs);
  }

  note(text: string): void {
    this.#hooks.onTrace?.({ direction: "note", text });
  }

  /** A command's label, or what else is known to hold no secret. */
  sent(text: string): void {
    this.#hooks.onTrace?.({ direction: "sent", text });
  }

  /** A part of a payload; it is told with the next entry that is no payload. */
  payload(direction: "sent" | "received", bytes: number): void {
    this.#untold[direction] += bytes;
  }

  received(token: Token): void {
    if (token.type === "data") {
      this.payload("received", token.bytes.length);
      return;
    }
    if (token.type === "behind") return;
    this.tellPayload();
    if (this.#hooks.onTrace === undefined && token.type !== "noise") return;
    const text = this.#confidential.hide(this.#masked(token, shown(token)));
    if (token.type === "noise") this.#hooks.onNoise?.(Buffer.from(text, "latin1"));
    else this.#hooks.onTrace?.({ direction: "received", text });
  }

  /** Data mode ended, with this line. */
  left(line: string): void {
    this.tellPayload();
    this.#hooks.onTrace?.({ direction: "received", text: line });
  }

  tellPayload(): void {
    for (const direction of ["sent", "received"] as const) {
      const bytes = this.#untold[direction];
      this.#untold[direction] = 0;
      if (bytes > 0) this.#hooks.onTrace?.({ direction, text: `<${bytes} bytes>` });
    }
  }

  #masked(token: Token, whole: string): string {
    if (this.mask === undefined) return this.#recent.areIn(whole) ? inBytes(whole) : whole;
    return this.#isPiece(token) ? this.mask.piece(whole) : this.mask.line(whole);
  }

  /** Whether it may be content, or a part of a damaged or late answer: nothing shows that it is a line of its own. */
  #isPiece(token: Token): boolean {
    if (token.type !== "urc" && token.type !== "answer") return token.type === "noise";
    const { text } = token.line;
    return !isPrefixed(text) && !this.#urcs.some(({ prefix }) => text.startsWith(prefix));
  }
}

function shown(token: Token): string {
  switch (token.type) {
    case "answer":
    case "urc":
      return [token.line.text, ...token.line.data.map(({ bytes }) => `<${bytes.length} bytes>`)].join(" ");
    case "final":
      return token.result.text;
    case "prompt":
      return token.prompt;
    case "damage":
      return "<bytes lost or added>";
    case "data":
      return `<${token.bytes.length} bytes>`;
    case "behind":
      return token.lineEnds;
    case "echo":
    case "noise":
      return token.text;
  }
}
