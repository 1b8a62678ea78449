import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { SerialPort } from "serialport";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DevicePresence } from "../../../driver/transport/device-presence";
import { type SerialOptions, SerialTransport } from "../../../driver/transport/serial";
import { stopwatch } from "../../support/clock";
import { needsTool } from "../../support/needs";
import { Pty } from "../../support/pty";

const LINE: Omit<SerialOptions, "path"> = {
  baudRate: 115_200,
  dataBits: 8,
  parity: "none",
  stopBits: 1,
  flowControl: false,
};
const socat = needsTool("socat");

describe.skipIf(socat.skip)(`SerialTransport on a pseudo-terminal${socat.reason}`, () => {
  let pty: Pty;
  let port: SerialTransport;

  beforeEach(async () => {
    pty = new Pty();
    await pty.plug();
    port = new SerialTransport({ ...LINE, path: pty.path });
  });
  afterEach(async () => {
    await port.close();
    await pty.remove();
  });

  it("carries all byte values both ways as they are", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    const chunks: Buffer[] = [];
    const received = new Promise<void>((resolve) =>
      port.onData((chunk) => {
        chunks.push(chunk);
        if (Buffer.concat(chunks).length >= 256) resolve();
      }),
    );
    await port.open();
    pty.input.write(bytes);
    await received;
    expect(Buffer.concat(chunks)).toEqual(bytes);
    const sent: Buffer[] = [];
    const arrived = new Promise<void>((resolve) =>
      pty.output.on("data", (chunk: Buffer) => {
        sent.push(chunk);
        if (Buffer.concat(sent).length >= 256) resolve();
      }),
    );
    await port.write(bytes);
    await arrived;
    expect(Buffer.concat(sent)).toEqual(bytes);
  });

  it("watches no device whose port closed while it was being opened", async () => {
    const setLines = vi.spyOn(SerialPort.prototype, "set");
    const watch = DevicePresence.watch.bind(DevicePresence);
    const stops: ReturnType<typeof vi.spyOn>[] = [];
    vi.spyOn(DevicePresence, "watch").mockImplementationOnce(async (...device) => {
      const presence = await watch(...device);
      if (presence !== undefined) stops.push(vi.spyOn(presence, "stop"));
      const opened = setLines.mock.contexts[0] as SerialPort;
      await new Promise<unknown>((resolve) => opened.close(resolve));
      return presence;
    });
    await expect(port.open()).rejects.toMatchObject({ code: "MODEM_OFFLINE" });
    expect(stops.map((stop) => stop.mock.calls.length)).toEqual([1]);
    vi.restoreAllMocks();
    await port.open();
  });

  it("tells when what was written is on the line, open or not", async () => {
    await port.open();
    pty.output.resume();
    await port.write(Buffer.alloc(3000));
    await port.drain();
    await port.close();
    await port.drain();
  });

  it("opens although a pseudo-terminal has no DTR, with a note", async () => {
    const notes: string[] = [];
    const noted = new SerialTransport({ ...LINE, path: pty.path }, (text) => notes.push(text));
    await noted.open();
    await noted.close();
    expect(notes).toEqual([expect.stringMatching(/DTR and RTS/)]);
  });

  it("tells an unplugging while the line is silent", async () => {
    const lost = new Promise<string>((resolve) => port.onLost(({ reason }) => resolve(reason)));
    await port.open();
    const passed = stopwatch();
    await pty.unplug();
    await lost;
    expect(passed()).toBeLessThan(2000);
    await expect(port.write(Buffer.from("AT\r"))).rejects.toMatchObject({ code: "MODEM_OFFLINE" });
  });

  it.each([1, 2, 3, 4, 5])(
    "tells an unplugging while data flows, within 2 s and without spinning on (%i)",
    async () => {
      const lost = new Promise<string>((resolve) => port.onLost(({ reason }) => resolve(reason)));
      let received = 0;
      const flowing = new Promise<void>((resolve) =>
        port.onData((chunk) => {
          received += chunk.length;
          if (received > 200_000) resolve();
        }),
      );
      await port.open();
      const block = Buffer.alloc(4096, 0x55);
      const { input } = pty;
      const pump = (): void => {
        while (input.writable && input.write(block));
        if (input.writable) input.once("drain", pump);
      };
      pump();
      await flowing;
      const passed = stopwatch();
      await pty.unplug();
      await lost;
      expect(passed()).toBeLessThan(2000);
      await port.close();
      // The endless loop always has a read under way.
      await vi.waitFor(() => expect(process.getActiveResourcesInfo()).not.toContain("FSReqCallback"));
      await pty.plug();
      const again = new Promise<Buffer>((resolve) => port.onData(resolve));
      await port.open();
      pty.input.write("OK\r\n");
      expect((await again).toString()).toBe("OK\r\n");
    },
  );

  it("says that another program holds the port", async () => {
    await port.open();
    const second = new SerialTransport({ ...LINE, path: pty.path });
    await expect(second.open()).rejects.toMatchObject({
      code: "MODEM_OFFLINE",
      message: expect.stringMatching(/another program uses it.*ModemManager/),
    });
  });

  it("opens again at once after it was closed", async () => {
    await port.open();
    await port.close();
    await port.open();
    const told = once(pty.output, "data");
    await port.write(Buffer.from("AT\r"));
    expect(String(await told)).toBe("AT\r");
  });
});

describe("SerialTransport", () => {
  it("says that there is no such device", async () => {
    const port = new SerialTransport({ ...LINE, path: "/dev/serial/by-id/no-such-modem" });
    await expect(port.open()).rejects.toMatchObject({
      code: "MODEM_OFFLINE",
      message: expect.stringMatching(/no-such-modem.*no such device.*Plug the modem in/),
    });
  });

  it("says that a plain file is no serial port", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "serial-"));
    const file = path.join(folder, "file");
    writeFileSync(file, "");
    await expect(new SerialTransport({ ...LINE, path: file }).open()).rejects.toMatchObject({
      code: "MODEM_OFFLINE",
    });
    rmSync(folder, { recursive: true });
  });

  it.each([
    [{ ...LINE }, 11_520],
    [{ ...LINE, baudRate: 921_600 }, 92_160],
    [{ ...LINE, dataBits: 7, parity: "even", stopBits: 2 } as const, 115_200 / 11],
  ])("knows the payload rate of a line (%o)", (line, rate) =>
    expect(new SerialTransport({ ...line, path: "COM3" }).bytesPerSecond).toBeCloseTo(rate),
  );
});
