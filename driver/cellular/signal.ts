import type { Channel } from "../at/channel-types";
import { Priority } from "../at/command";
import { toInteger } from "../at/fields";
import type { Signal } from "../modem-types";
import { ask, query, unlessRejected } from "./commands";

/** A coded quantity: `offset + step * n` for n from 0 to `max`; anything else is "not known". */
interface Scale {
  readonly offset: number;
  readonly step: number;
  readonly max: number;
}

/** 27.007 8.5 and 8.69; the lower end of each interval. */
const RSSI: Scale = { offset: -113, step: 2, max: 31 };
const RSRQ: Scale = { offset: -20, step: 0.5, max: 34 };
const RSRP: Scale = { offset: -141, step: 1, max: 97 };

/**
 * Reads the strength of the signal: rssi and rsrp in dBm, rsrq in dB.
 *
 * What the modem doesn't know, or its firmware doesn't answer, is left out.
 */
export async function readSignal(channel: Channel): Promise<Signal> {
  const options = { priority: Priority.Background };
  const [csq] = (await unlessRejected(ask(channel, query("+CSQ", [], options)))) ?? [];
  const [cesq] = (await unlessRejected(ask(channel, query("+CESQ", [], options)))) ?? [];
  const rssi = decode(toInteger(csq?.[0]), RSSI);
  const rsrq = decode(toInteger(cesq?.[4]), RSRQ);
  const rsrp = decode(toInteger(cesq?.[5]), RSRP);
  return {
    ...(rssi === undefined ? {} : { rssi }),
    ...(rsrp === undefined ? {} : { rsrp }),
    ...(rsrq === undefined ? {} : { rsrq }),
  };
}

function decode(value: number, { offset, step, max }: Scale): number | undefined {
  return value >= 0 && value <= max ? offset + step * value : undefined;
}
