import type { Prompt } from "../command";
import type { FinalResult } from "../final-results";
import type { Line } from "../line";

/**
 * What the bytes of the line mean, in their order.
 *
 * `answer` is an information response that the command in flight expects; `urc` came unasked. `noise` is what belongs
 * to nothing: stale results, damaged lines, the beginning of a line that grew too long. `damage` follows the data of a
 * download that don't end where a line end should stand: bytes of them were lost or added on the way. `behind` has the
 * line ends that followed the data, for a command that asks for them.
 */
export type Token =
  | { readonly type: "echo"; readonly text: string }
  | { readonly type: "answer"; readonly line: Line }
  | { readonly type: "urc"; readonly line: Line; readonly boot: boolean; readonly stray?: true }
  | { readonly type: "final"; readonly result: FinalResult }
  | { readonly type: "prompt"; readonly prompt: Prompt }
  | { readonly type: "data"; readonly bytes: Buffer }
  | { readonly type: "damage" }
  | { readonly type: "behind"; readonly lineEnds: string }
  | { readonly type: "noise"; readonly text: string };

export type TokenSink = (token: Token) => void;
