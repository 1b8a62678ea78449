/**
 * The ways in which bytes can go through a socket by commands, and what each of them can reach at most.
 *
 * The ceiling follows from the manuals alone. Of one exchange it counts every byte that crosses the line beside and with
 * its payload, at ten bits a byte; the silence that LARA-R6 wants before the next command, 20 ms after a final result or
 * URC (R6DEV); and the 50 ms between `@` and data (guide 5.3.1). A read that leaves data is followed by +UUSORD (guide
 * 5.5). The modem answers at once, and the echo, which flows back while the command goes out, costs nothing.
 */
export type Direction = "up" | "down";
export type Payload = "text" | "random";
export type ModelName = "LARA-R6" | "BG96";

export interface Way {
  readonly name: string;
  readonly direction: Direction;
  readonly payloads: readonly Payload[];
  /** Payload bytes of one exchange. */
  readonly size: number;
  /** Everything on the line but the payload. */
  readonly frame: string;
  /** How the payload stands on the line: in the command or answer, behind a prompt, or as two digits a byte. */
  readonly syntax: "base" | "prompt" | "hex";
  /** Silences of one exchange, in ms. */
  readonly silence: number;
}

const BOTH = ["text", "random"] as const;
const OK = "\r\n\r\nOK\r\n";
const GAP = 20;
const PROMPT = 50;
const UNREAD = "\r\n+UUSORD: 0,12288\r\n";

/** LARA-R6: guide 5.3.1, 5.3.2, 5.5; at-facts 3.1 for hex mode. */
const LARA_R6: readonly Way[] = [
  {
    name: "text in the command",
    direction: "up",
    payloads: ["text"],
    size: 1024,
    frame: `AT+USOWR=0,1024,""\r\r\n+USOWR: 0,1024${OK}`,
    syntax: "base",
    silence: GAP,
  },
  {
    name: "prompt",
    direction: "up",
    payloads: BOTH,
    size: 1024,
    frame: `AT+USOWR=0,1024\r\r\n@\r\n+USOWR: 0,1024${OK}`,
    syntax: "prompt",
    silence: GAP + PROMPT,
  },
  {
    name: "hex",
    direction: "up",
    payloads: BOTH,
    size: 512,
    frame: `AT+USOWR=0,512,""\r\r\n+USOWR: 0,512${OK}`,
    syntax: "hex",
    silence: GAP,
  },
  {
    name: "read",
    direction: "down",
    payloads: BOTH,
    size: 1024,
    frame: `AT+USORD=0,1024\r\r\n+USORD: 0,1024,""${OK}${UNREAD}`,
    syntax: "base",
    silence: GAP,
  },
  {
    name: "read in hex",
    direction: "down",
    payloads: BOTH,
    size: 512,
    frame: `AT+USORD=0,512\r\r\n+USORD: 0,512,""${OK}${UNREAD}`,
    syntax: "hex",
    silence: GAP,
  },
];

/** BG96 asks for no silence (at-facts 2.2). */
const BG96: readonly Way[] = [
  {
    name: "+QISEND",
    direction: "up",
    payloads: BOTH,
    size: 1460,
    frame: "AT+QISEND=0,1460\r\r\n> \r\nSEND OK\r\n",
    syntax: "prompt",
    silence: 0,
  },
  {
    name: "+QIRD",
    direction: "down",
    payloads: BOTH,
    size: 1500,
    frame: `AT+QIRD=0,1500\r\r\n+QIRD: 1500\r\n${OK}`,
    syntax: "base",
    silence: 0,
  },
];

export const WAYS: Readonly<Record<ModelName, readonly Way[]>> = { "LARA-R6": LARA_R6, BG96 };

/** ms that one exchange takes at the least. */
export function exchangeTime({ frame, size, syntax, silence }: Way, baud: number): number {
  const characters = syntax === "hex" ? 2 * size : size;
  return silence + ((frame.length + characters) * 10_000) / baud;
}

/** Payload bytes a second at the most. */
export function ceiling(way: Way, baud: number): number {
  return (way.size * 1000) / exchangeTime(way, baud);
}

/** The ways that a transfer could go by, and the best of them. */
export function waysOf(model: ModelName, direction: Direction, payload: Payload): Way[] {
  return WAYS[model].filter((way) => way.direction === direction && way.payloads.includes(payload));
}

export function bestWay(model: ModelName, direction: Direction, payload: Payload, baud: number): Way {
  const [best] = waysOf(model, direction, payload).sort((a, b) => ceiling(b, baud) - ceiling(a, baud));
  if (best === undefined) throw new Error(`no way ${direction} for ${payload}`);
  return best;
}
