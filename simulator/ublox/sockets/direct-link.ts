import type { Call, CommandDefinition } from "../../line/command";
import { expectCount } from "../../line/parameters";
import type { Modem } from "../../modem";
import { notAllowed } from "../errors";
import { type Channel, channelOf } from "./direct-link-channel";
import { PacketBuilder } from "./direct-link-packets";
import { ERRNO, type ModemSocket } from "./socket";
import { HIGHEST_SOCKET, socketTable } from "./table";

/** The line becomes the socket (AT manual, +USODL). */
export const directLinkCommands: readonly CommandDefinition[] = [
  { name: "+USODL", set: link, test: (call) => call.info(`+USODL: (0-${HIGHEST_SOCKET})`) },
];

async function link(call: Call, modem: Modem): Promise<void> {
  expectCount(call, 1, 1);
  const table = socketTable(modem);
  const socket = table.at(call);
  const channel = channelOf(table, socket);
  if (channel === undefined) {
    table.fail(socket, ERRNO.notConnected);
    throw notAllowed();
  }
  await new DirectLink(modem, call, socket, channel).run();
  call.info("DISCONNECT");
  if (socket.gone) return;
  table.listenTo(socket);
  table.afterRead(socket);
}

/** Carries bytes both ways until the host leaves, the peer closes, the socket goes, or congestion lasts too long. */
class DirectLink {
  readonly #modem: Modem;
  readonly #call: Call;
  readonly #socket: ModemSocket;
  readonly #channel: Channel;
  readonly #packets: PacketBuilder;
  /** Released by the triggers; the socket has no room for them yet. */
  readonly #outgoing: Buffer[] = [];
  readonly #waiting = new Set<() => void>();
  #draining: Promise<void> | undefined;
  #congested = false;
  /** Bytes went out since the congestion timer began. */
  #moved = false;

  constructor(modem: Modem, call: Call, socket: ModemSocket, channel: Channel) {
    this.#modem = modem;
    this.#call = call;
    this.#socket = socket;
    this.#channel = channel;
    const later = (ms: number, work: () => void) => modem.later(ms, work);
    this.#packets = new PacketBuilder(socket.triggers, socket.isTcp, later, (packet) => {
      this.#outgoing.push(packet);
      if (!this.#pump()) this.#draining ??= this.#drain();
    });
  }

  async run(): Promise<void> {
    const { signal } = this.#socket.around;
    const wake = () => this.#wake();
    signal.addEventListener("abort", wake, { once: true });
    this.#channel.watch(wake);
    this.#call.connect("CONNECT", wake, (bytes) => {
      this.#packets.push(bytes);
      return this.#draining;
    });
    await this.#download();
    this.#packets.flush();
    await this.#draining;
    signal.removeEventListener("abort", wake);
  }

  get #over(): boolean {
    return this.#congested || this.#socket.gone || this.#socket.around.signal.aborted;
  }

  async #download(): Promise<void> {
    while (!this.#over && !this.#call.escaped) {
      const bytes = this.#channel.read();
      if (bytes !== undefined) await this.#call.raw(bytes);
      else if (this.#channel.ended) return;
      else await this.#change();
    }
  }

  /** Returns whether everything was sent. */
  #pump(): boolean {
    for (let head = this.#outgoing[0]; head !== undefined; head = this.#outgoing[0]) {
      const taken = this.#channel.write(head);
      if (taken === 0) return false;
      this.#moved = true;
      if (taken === head.length) this.#outgoing.shift();
      else this.#outgoing[0] = head.subarray(taken);
    }
    return true;
  }

  /** The congestion timer runs while nothing moves (+UDCONF=8). */
  async #drain(): Promise<void> {
    let cancel = this.#watchCongestion();
    while (!this.#over && !this.#pump()) {
      if (this.#moved) {
        cancel();
        cancel = this.#watchCongestion();
      }
      await this.#change();
    }
    cancel();
    this.#draining = undefined;
  }

  #watchCongestion(): () => void {
    this.#moved = false;
    const { congestion } = this.#socket.triggers;
    if (congestion === 0) return () => undefined;
    return this.#modem.later(congestion, () => {
      this.#congested = true;
      this.#wake();
    });
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
