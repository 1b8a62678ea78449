import type { AtChannel } from "../../../driver/at/channel/channel";
import { DamagedLine } from "../../support/damage";
import { startSession } from "../quectel/session";
import { bench } from "../ublox/bench";
import { addHttpClient } from "../ublox/lara";
import type { Model, SharedServices } from "./modem";

/** A scripted modem of either model, with the driver behind a line that can be damaged. */
export interface Stage {
  readonly services: SharedServices;
  readonly channel: AtChannel;
  readonly line: DamagedLine;
  /** Those on the modem. */
  readonly files: Map<string, Buffer>;
}

/** How the modem's server answers, and how fast the line is. */
export interface Scene {
  readonly answer?: string;
  /** BG96: what the result URC says. */
  readonly outcome?: string;
  readonly bytesPerSecond?: number;
}

export async function stage(model: Model, { answer = "", outcome, bytesPerSecond }: Scene): Promise<Stage> {
  let line: DamagedLine | undefined;
  const lineTo = (peer: ConstructorParameters<typeof DamagedLine>[0]): DamagedLine => {
    line = new DamagedLine(peer);
    return line;
  };
  const options = bytesPerSecond === undefined ? {} : { bytesPerSecond };
  if (model === "BG96") {
    const { services, channel, files, http } = await startSession(options, lineTo);
    http.answer = { response: Buffer.from(answer), ...(outcome === undefined ? {} : { outcome }) };
    return { services, channel, files, line: known(line) };
  }
  const { peer, driver, channel } = bench(options, lineTo);
  const files = addHttpClient(peer, () => ({ content: answer }));
  return { services: driver.services, channel: channel, files, line: known(line) };
}

function known(line: DamagedLine | undefined): DamagedLine {
  if (line === undefined) throw new Error("There is no line");
  return line;
}
