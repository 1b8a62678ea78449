import type { Channel } from "../at/channel-types";
import { splitFields } from "../at/fields";
import type { Line } from "../at/line";

/** What +CGEV (27.007 10.1.19) says about data connections: one context is gone, or, without `cid`, all are. */
export interface ContextLoss {
  readonly cid?: number;
  /** The modem's words: `NW PDN DEACT 1`. */
  readonly reason: string;
}

/** The text of a line behind its prefix, quotation marks included. */
function body(line: Line): string {
  return line.text.slice(line.text.indexOf(":") + 1).trim();
}

/** A +CGEV line as a loss; undefined for every other event. */
export function parseContextLoss(line: Line): ContextLoss | undefined {
  const reason = body(line);
  if (/^(NW|ME) DETACH/.test(reason)) return { reason };
  const pdn = /^(?:NW|ME) PDN DEACT (\d+)/.exec(reason);
  if (pdn !== null) return { cid: Number(pdn[1]), reason };
  // The form of 2G and 3G: NW DEACT "IP","10.0.0.1",1
  const primary = /^(?:NW|ME) DEACT "?[A-Z0-9]+"?,"?[^",]*"?,(\d+)/.exec(reason);
  return primary === null ? undefined : { cid: Number(primary[1]), reason };
}

/** Calls `listener` when the network or the modem ends data connections; returns the way out. */
export function onContextLoss(channel: Channel, listener: (loss: ContextLoss) => void): () => void {
  return channel.onUrc("+CGEV:", (line) => {
    const loss = parseContextLoss(line);
    if (loss !== undefined) listener(loss);
  });
}

/** Calls `listener` with the state of the radio connection (RRC), +CSCON; returns the way out. */
export function onRadioState(channel: Channel, listener: (connected: boolean) => void): () => void {
  return channel.onUrc("+CSCON:", (line) => {
    // An answer that strayed here has <n> before the state.
    const [mode, ...more] = splitFields(line);
    if (more.length === 0 && /^[01]$/.test(mode?.text ?? "")) listener(mode?.text === "1");
  });
}
