import type { Channel } from "../../at/channel-types";
import { type AnswerField, splitFields, toInteger } from "../../at/fields";
import { parseAddress } from "../../cellular/addresses";
import { ModemError } from "../../errors";
import type { SocketNumbers } from "./numbers";
import type { Incoming, SocketState } from "./state";

/** Brings `+QIURC` and `+QSSLURC` to the sockets they are of (AT facts 2.2, 3.2). */
export class SocketUrcs {
  readonly #channel: Channel;
  readonly #numbers: SocketNumbers;
  readonly #states = new Map<number, SocketState>();
  readonly #leave: readonly (() => void)[];

  constructor(channel: Channel, numbers: SocketNumbers) {
    this.#channel = channel;
    this.#numbers = numbers;
    const route = (prefix: string): (() => void) =>
      channel.onUrc(prefix, (line) => this.#route(...kindAndRest(splitFields(line))));
    const restarted = (): void =>
      this.loseAll(new ModemError("MODEM_RESTARTED", "The modem restarted; its sockets are gone"));
    this.#leave = [route("+QIURC:"), route("+QSSLURC:"), channel.onUrc("RDY", restarted)];
  }

  /** Has to be called before the command that opens the socket: data may follow its result at once. */
  watch(number: number, state: SocketState): void {
    this.#states.get(number)?.lose(new ModemError("CONNECTION_CLOSED", `Socket ${number} was lost without a word`));
    this.#states.set(number, state);
  }

  unwatch(number: number, state: SocketState): void {
    if (this.#states.get(number) === state) this.#states.delete(number);
  }

  /** The modem has forgotten its sockets, or can't be reached. */
  loseAll(error: ModemError): void {
    for (const state of [...this.#states.values()]) state.lose(error);
  }

  dispose(): void {
    for (const leave of this.#leave) leave();
  }

  #route(kind: string, rest: readonly AnswerField[]): void {
    const number = toInteger(rest[0]);
    if (kind === "recv") this.#states.get(number)?.look();
    else if (kind === "closed") this.#states.get(number)?.announceEnd();
    else if (kind === "pdpdeact") this.#deactivated(number);
    else if (kind === "incoming full")
      this.#channel.note(`A connection was refused: all sockets of ${this.#numbers.model.name} are in use`);
    else if (kind === "incoming") this.#incoming(number, rest);
  }

  #incoming(number: number, rest: readonly AnswerField[]): void {
    const listener = this.#states.get(toInteger(rest[1]));
    // Of a damaged line: it would be among those that are given out, and its commands could not even be written.
    if (this.#numbers.has(number)) listener?.incoming(parseIncoming(rest));
    else
      this.#channel.note(
        `A connection on socket ${rest[0]?.text ?? ""}, which ${this.#numbers.model.name} does not have, was passed over`,
      );
  }

  #deactivated(cid: number): void {
    const message = `PDP context ${cid} was deactivated by the network or the modem`;
    for (const state of this.#states.values()) {
      if (state.cid === cid) state.end(new ModemError("NO_CONNECTION", message));
    }
  }
}

function kindAndRest([kind, ...rest]: readonly AnswerField[]): [string, readonly AnswerField[]] {
  return [kind?.text ?? "", rest];
}

/** `<number>,<listening number>,"<ip>",<port>` */
function parseIncoming([number, , ip, port]: readonly AnswerField[]): Incoming {
  return { number: toInteger(number), ip: parseAddress(ip?.text ?? "") ?? ip?.text ?? "", port: toInteger(port) };
}
