import { describe, expect, it } from "vitest";
import { createTransport, type PortSettings } from "../../../driver/transport/open";
import { kindOfPort } from "../../../driver/transport/port-text";

const line: Omit<PortSettings, "port"> = {
  baudRate: 115_200,
  dataBits: 8,
  parity: "none",
  stopBits: 1,
  flowControl: false,
};

describe("createTransport", () => {
  it.each([
    ["/dev/serial/by-id/usb-u-blox_LARA", "serial", 11_520],
    ["COM7", "serial", 11_520],
    ["tcp://gateway:4001", "tcp", 11_520],
    ["sim:LARA-R6", "simulated", undefined],
    ["sim:BG96?baud=921600&latency=40", "simulated", 92_160],
    ["sim:BG96?baud=0", "simulated", undefined],
  ] as const)("takes %s for a %s port", (port, kind, rate) => {
    expect(kindOfPort(port)).toBe(kind);
    const transport = createTransport({ ...line, port });
    expect(transport.name).toBe(port);
    expect(transport.bytesPerSecond).toBe(rate);
  });

  it.each([
    "",
    "  ",
    "/dev/tty\u0000S0",
    "COM1\r",
    "tcp://",
    "tcp://host",
    "tcp://host:99999",
    "telnet://h:1",
    "rfc2217://h:1",
  ])("refuses %j, naming the field", (port) =>
    expect(() => createTransport({ ...line, port })).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringMatching(/^port /) }),
    ),
  );

  it("fails to write before it is open", async () => {
    const transport = createTransport({ ...line, port: "sim:LARA-R6?seed=990" });
    await expect(transport.write(Buffer.from("AT\r"))).rejects.toMatchObject({ code: "MODEM_OFFLINE" });
    await transport.close();
  });
});

describe("a simulated transport", () => {
  it("opens, answers, closes, and opens again", async () => {
    const transport = createTransport({ ...line, port: "sim:LARA-R6?seed=991" });
    for (let opening = 1; opening <= 2; opening += 1) {
      let text = "";
      const answered = new Promise<void>((resolve) => {
        transport.onData((bytes) => {
          text += bytes.toString("latin1");
          if (text.includes("OK")) resolve();
        });
      });
      await transport.open();
      await transport.write(Buffer.from("AT\r"));
      await answered;
      await transport.close();
    }
  });
});
