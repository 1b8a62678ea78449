import type { Channel } from "../../at/channel-types";
import { splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { ModemError } from "../../errors";
import { RECEIVED, receiver } from "./received";
import type { MqttSession } from "./session";

const STATUS = "+QMTSTAT:";
const LAST_REPORT = 7;

/** Brings `+QMTRECV` and `+QMTSTAT` to the sessions they are of (AT facts 6). */
export class MqttUrcs {
  readonly #sessions = new Map<number, MqttSession>();
  readonly #leave: readonly (() => void)[];

  constructor(channel: Channel) {
    const restarted = new ModemError("MODEM_RESTARTED", "The modem restarted; its MQTT sessions are gone");
    this.#leave = [
      channel.onUrc(RECEIVED, (line) => this.#received(line)),
      channel.onUrc(STATUS, (line) => this.#left(line)),
      channel.onUrc("RDY", () => this.loseAll(restarted)),
    ];
  }

  /** Has to be called before it logs in: messages may follow the result at once. */
  watch(number: number, session: MqttSession): void {
    this.#sessions.set(number, session);
  }

  unwatch(number: number): void {
    this.#sessions.delete(number);
  }

  /** The modem has forgotten its sessions, or can't be reached. */
  loseAll(error: ModemError): void {
    for (const session of [...this.#sessions.values()]) void session.end({ error, isGone: true });
  }

  /** What they went over is gone. */
  loseContext(cid: number, error: ModemError): void {
    for (const session of [...this.#sessions.values()]) if (session.cid === cid) void session.end({ error });
  }

  dispose(): void {
    for (const leave of this.#leave) leave();
  }

  #received(line: Line): void {
    const number = receiver(line);
    if (number !== undefined) this.#sessions.get(number)?.received(line);
    else for (const session of this.#sessions.values()) session.damaged();
  }

  #left(line: Line): void {
    const [number = -1, report = 0, ...more] = splitFields(line).map(toInteger);
    const session = this.#sessions.get(number);
    const isWhole = report >= 1 && report <= LAST_REPORT && more.length === 0;
    if (session !== undefined && isWhole) session.left(report);
    else if (!isWhole || !(number >= 0)) for (const each of this.#sessions.values()) each.look();
  }
}
