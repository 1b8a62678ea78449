import { connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { AtClient } from "../support/at-client";
import { Conversation } from "./conversation";
import { Wire, type WireOptions } from "./wire";

const open: { close(): unknown }[] = [];
let number = 0;

async function wired(options: Partial<WireOptions> = {}): Promise<{ wire: Wire; client: AtClient; sizes: number[] }> {
  number += 1;
  const wire = await Wire.start({ modem: `sim:LARA-R6?name=wire-${number}`, ...options });
  const socket = connect(Number(wire.port.split(":").at(-1)), "127.0.0.1");
  const sizes: number[] = [];
  socket.on("data", (bytes) => sizes.push(bytes.length));
  const client = new AtClient(socket);
  open.push(client, { close: () => wire.stop() });
  return { wire, client, sizes };
}

afterEach(async () => {
  for (const part of open.splice(0)) await part.close();
});

describe("the wire of these tests", () => {
  it("passes on what the modem prints, and tells commands from uploads", async () => {
    const { wire, client } = await wired();
    await client.sendForPrompt('AT+UDWNFILE="a",9', ">");
    expect((await client.data("AT+EVIL\r\n")).result).toBe("OK");
    expect((await client.send('AT+URDFILE="a"')).result).toBe("OK");
    expect(wire.conversation.commands).toEqual(['AT+UDWNFILE="a",9', 'AT+URDFILE="a"']);
    expect(wire.conversation.uploads.map(String)).toEqual(["AT+EVIL\r\n"]);
  });

  it("tells what goes beyond the announced bytes as a command", async () => {
    const { wire, client } = await wired();
    await client.sendForPrompt('AT+UDWNFILE="a",3', ">");
    await client.data("abcAT+EVIL\r");
    expect(wire.conversation.commands).toEqual(['AT+UDWNFILE="a",3', "AT+EVIL"]);
  });

  it("puts lines between two lines and never into a string that is counted", async () => {
    const { wire, client } = await wired();
    await client.sendForPrompt('AT+UDWNFILE="a",6', ">");
    await client.data("1\r\n\r\n2");
    wire.count(() => "\r\n+HERE\r\n");
    await client.send('AT+URDFILE="a"');
    const here = "\r\n+HERE\r\n";
    const expected = `AT+URDFILE="a"\r${here}\r\n+URDFILE: "a",6,"1\r\n\r\n2"\r\n${here}\r\nOK\r\n${here}`;
    await vi.waitFor(() => expect(client.received).toContain(expected), { interval: 1 });
    expect(wire.counted).toBe(3);
  });

  it("keeps the echo off for a host that asks for it", async () => {
    const { client } = await wired({ echo: "off" });
    await client.send("AT");
    await client.send("ATE1");
    await client.send("AT");
    expect(client.received).toBe("\r\nOK\r\n".repeat(3));
  });

  it("delivers bytes one at a time", async () => {
    const { client, sizes } = await wired({ cut: () => 1 });
    await client.send("AT+CGMI");
    expect(sizes.filter((size) => size === 1).length).toBeGreaterThan(0.9 * client.received.length);
  });
});

describe("the reader of these tests", () => {
  it("finds the same borders however the bytes are cut", () => {
    const text = 'AT+X\r\r\n+URDBLOCK: "f",4,"\r\n\r\n"\r\n\r\nOK\r\n';
    for (let at = 1; at < text.length; at += 1) {
      const reader = new Conversation(true);
      reader.fromHost(Buffer.from("AT+X\r"));
      const parts = [text.slice(0, at), text.slice(at)];
      const pieces = parts.flatMap((part) => reader.fromModem(Buffer.from(part)));
      expect(pieces.map(({ bytes }) => String(bytes))).toEqual([
        "AT+X\r",
        '\r\n+URDBLOCK: "f",4,"\r\n\r\n"\r\n',
        "\r\nOK\r\n",
      ]);
    }
  });

  it("reads a file to the end that its length tells, whatever looks like one", () => {
    const file = "a\r\n+QFDWL: 9,0\r\nb";
    const reader = new Conversation(false);
    reader.fromHost(Buffer.from('AT+QFDWL="f"\r'));
    const printed = `\r\nCONNECT\r\n${file}\r\n+QFDWL: ${file.length},0\r\n\r\nOK\r\n`;
    const pieces = reader.fromModem(Buffer.from(printed));
    expect(pieces.map(({ kind, bytes }) => [kind, String(bytes)])).toContainEqual(["data", file]);
  });
});
