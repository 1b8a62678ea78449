import { createServer, type Server, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { AtChannel } from "../../../../driver/at/channel/channel";
import { commandLine } from "../../../../driver/at/fields";
import { ModemError } from "../../../../driver/errors";
import { TcpTransport } from "../../../../driver/transport/tcp";
import { rejection } from "../../../support/failure";
import { type OpenServer, openServer } from "../../../support/listen";
import { DIALECT } from "../grammar";
import { bytes } from "../parser/feed";

const FILE = bytes('\r\nOK\r\n"+UUHTTPCR: 0,1,1\r\n> @\0\xff\r\nERROR\r\nCONNECT\r\n"\r\n');
const URC_LINES = ["+CEREG: 5", "+CSCON: 1", "+UUSORD: 0,3", "+VENDOR: 7", "NORMAL POWER DOWN"];

interface Manner {
  readonly echo: boolean;
  readonly oneByOne: boolean;
  readonly urcs: boolean;
}

/** A modem behind a TCP port, which prints URCs between any two lines, and single bytes, if told to. */
class Peer {
  readonly commands: string[] = [];
  readonly uploads: Buffer[] = [];
  readonly #server: Server = createServer((socket) => this.#serve(socket));
  #open: OpenServer | undefined;
  #sent = 0;
  readonly #manner: Manner;

  constructor(manner: Manner) {
    this.#manner = manner;
  }

  async start(): Promise<number> {
    this.#open = await openServer(this.#server);
    return this.#open.port;
  }

  async stop(): Promise<void> {
    await this.#open?.close();
  }

  #serve(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    let input = Buffer.alloc(0);
    let wanted = 0;
    let work = Promise.resolve();
    socket.on("data", (chunk) => {
      input = Buffer.concat([input, chunk]);
      for (;;) {
        const end = wanted > 0 ? wanted : input.indexOf("\r") + 1;
        if (end === 0 || input.length < end) return;
        const piece = input.subarray(0, end);
        input = input.subarray(end);
        const line = piece.toString("latin1").slice(0, -1);
        if (wanted > 0) this.uploads.push(piece);
        else this.commands.push(line);
        const answer = wanted > 0 ? this.#lines("OK") : this.#answer(line);
        wanted = wanted === 0 && line.startsWith("AT+UDWNFILE") ? Number(line.split(",")[1]) : 0;
        work = work.then(() => this.#print(socket, answer));
      }
    });
  }

  #answer(line: string): Buffer {
    const echo = this.#manner.echo ? bytes(`${line}\r`) : Buffer.alloc(0);
    return Buffer.concat([this.#urc(), echo, this.#reply(line)]);
  }

  #reply(line: string): Buffer {
    if (line.startsWith("AT+UDWNFILE")) return bytes("\r\n>");
    if (line.startsWith("AT+URDFILE")) {
      const counted = [bytes(`\r\n+URDFILE: f.txt,${FILE.length},"`), FILE, bytes('"\r\n')];
      return Buffer.concat([this.#urc(), ...counted, this.#lines("OK")]);
    }
    if (line === "AT+CEREG?") return this.#lines("+CEREG: 0,1", "OK");
    return line.startsWith("AT+N=") ? this.#lines(`+N: ${line.slice(5)}`, "OK") : this.#lines("+CME ERROR: 4");
  }

  #lines(...texts: string[]): Buffer {
    return Buffer.concat(texts.flatMap((text) => [this.#urc(), bytes(`\r\n${text}\r\n`), this.#urc()]));
  }

  #urc(): Buffer {
    this.#sent += 1;
    const text = URC_LINES[this.#sent % URC_LINES.length];
    return bytes(this.#manner.urcs ? `\r\n${text}\r\n` : "");
  }

  async #print(socket: Socket, data: Buffer): Promise<void> {
    if (!this.#manner.oneByOne) {
      socket.write(data);
      return;
    }
    for (const byte of data) {
      socket.write(Buffer.from([byte]));
      await nextTurn();
    }
  }
}

const started: { stop(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of started.splice(0)) await thing.stop();
});

const manners: Manner[] = [true, false].flatMap((echo) =>
  [true, false].flatMap((oneByOne) => [true, false].map((urcs) => ({ echo, oneByOne, urcs }))),
);

describe("the channel over a byte stream", () => {
  it.each(manners)("gets every answer right: %o", async (manner) => {
    const peer = new Peer(manner);
    started.push(peer);
    const transport = new TcpTransport(`tcp://127.0.0.1:${await peer.start()}`, 11_520);
    await transport.open();
    const channel = new AtChannel(transport);
    channel.useDialect({ ...DIALECT, gap: 0, promptDelay: { "@": 0, ">": 0, CONNECT: 0 } });
    const urcs: string[] = [];
    channel.onUrc("", ({ text }) => urcs.push(text));
    const numbers = Array.from({ length: 10 }, (_, index) => index);
    const asked = numbers.map((number) =>
      channel.send({ ...commandLine("+N=", number), expects: [{ prefix: "+N:" }], timeout: 10_000 }),
    );
    const read = channel.send({ ...commandLine("+URDFILE"), expects: [{ prefix: "+URDFILE:" }], timeout: 10_000 });
    const written = channel.send({
      ...commandLine("+UDWNFILE=", 1, FILE.length),
      upload: { prompt: ">", data: FILE },
      timeout: 10_000,
    });
    const registration = channel.send({
      ...commandLine("+CEREG?"),
      expects: [{ prefix: "+CEREG:", accepts: ({ text }) => text.includes(",") }],
      timeout: 10_000,
    });
    const refused = rejection(channel.send({ ...commandLine("+FOO"), timeout: 10_000 }));

    const answers = await Promise.all(asked);
    expect(answers.map(({ lines }) => lines.map(({ text }) => text))).toEqual(
      numbers.map((number) => [`+N: ${number}`]),
    );
    expect((await read).lines[0]?.data[0]?.bytes).toEqual(FILE);
    expect((await written).lines).toEqual([]);
    expect(peer.uploads).toEqual([FILE]);
    expect((await registration).lines.map(({ text }) => text)).toEqual(["+CEREG: 0,1"]);
    expect(await refused).toMatchObject({ code: "MODEM_REJECTED", cause: { errorCode: 4 } });
    expect(peer.commands).toHaveLength(14);
    if (!manner.urcs) expect(urcs).toEqual([]);
    else expect(new Set(urcs)).toEqual(new Set(URC_LINES));
    channel.close(new ModemError("MODEM_OFFLINE", "over"));
    await transport.close();
  });
});
