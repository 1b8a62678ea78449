/** When the host's data go out in direct link (+UDCONF=2 and 5 to 8); any one is enough. */
export interface Triggers {
  /** ms after the last byte; 0: none */
  timer: number;
  /** bytes; 0: none */
  length: number;
  /** -1: none */
  character: number;
  /** ms of a full queue, after which the modem leaves direct link; 0: never */
  congestion: number;
  /** bytes of the largest datagram; ignored for TCP */
  packet: number;
}

const LARGEST_DATAGRAM = 1472;

export function factoryTriggers(isUdp: boolean): Triggers {
  return { timer: isUdp ? 500 : 0, length: 0, character: -1, congestion: 60_000, packet: LARGEST_DATAGRAM };
}

/** One trigger: its name and range. */
export interface TriggerRule {
  readonly trigger: keyof Triggers;
  readonly least: number;
  readonly most: number;
  /** A value below the range, which switches it off. */
  readonly off?: number;
}

/** By op code of +UDCONF. */
export const TRIGGER_RULES: ReadonlyMap<number, TriggerRule> = new Map([
  [2, { trigger: "packet", least: 100, most: LARGEST_DATAGRAM }],
  [5, { trigger: "timer", least: 100, most: 120_000, off: 0 }],
  [6, { trigger: "length", least: 3, most: 2048, off: 0 }],
  [7, { trigger: "character", least: 0, most: 255, off: -1 }],
  [8, { trigger: "congestion", least: 1000, most: 720_000, off: 0 }],
]);
