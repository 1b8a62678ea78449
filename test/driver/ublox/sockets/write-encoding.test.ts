import { describe, expect, it } from "vitest";
import { LARA_R6 } from "../../../../driver/ublox/lara-r6";
import { datagramEncoding, nextChunk } from "../../../../driver/ublox/sockets/write-encoding";
import { binary, text } from "./hex-mode";

describe("the choice of hex mode", () => {
  const OFF = { isOn: false, undisturbed: Number.POSITIVE_INFINITY };
  const ON = { isOn: true, undisturbed: 0 };
  const encodingOf = (data: Buffer, rate?: number, hex = OFF) =>
    nextChunk(data, { model: LARA_R6, rate, hex }).encoding;

  it.each([
    // 81.5 ms for 1024 bytes by the prompt, 63.1 ms in hex.
    [92_160, "hex"],
    [46_080, "hex"],
    // From 355 kBaud down twice the bytes cost more than the prompt's wait.
    [23_040, "binary"],
    [11_520, "binary"],
    [960, "binary"],
    [undefined, "hex"],
  ])("is made for much binary data at %s B/s: %s", (rate, expected) => {
    expect(encodingOf(binary(100_000), rate)).toBe(expected);
  });

  it.each([
    [500, "binary"],
    [3000, "binary"],
    [4096, "hex"],
  ])("is that for %i bytes at 921600 baud, which are to earn two changes: %s", (length, expected) => {
    expect(encodingOf(binary(length), 92_160)).toBe(expected);
  });

  it("counts the datagrams that wait behind, and spares small ones the prompt's wait at any rate", () => {
    const datagram = (waiting: Buffer[]) =>
      datagramEncoding(binary(100), waiting, { model: LARA_R6, rate: 11_520, hex: OFF });
    expect(datagram(Array.from({ length: 9 }, () => binary(100)))).toBe("hex");
    expect(datagram([])).toBe("binary");
    expect(datagram([text(100), text(100), text(100)])).toBe("binary");
  });

  it("leaves text in the command, and what has much text among it", () => {
    expect(encodingOf(text(100_000), 92_160)).toBe("text");
    expect(encodingOf(Buffer.concat([binary(1000), text(50_000)]), 92_160)).toBe("binary");
  });

  it("waits until hex mode would have earned its changes since the base syntax was needed", () => {
    for (const [undisturbed, expected] of [
      [0, "binary"],
      [200, "binary"],
      [300, "hex"],
    ] as const) {
      expect(encodingOf(binary(100_000), 92_160, { isOn: false, undisturbed })).toBe(expected);
    }
  });

  it("stays in hex mode for less than it needs to begin", () => {
    expect(encodingOf(binary(10), 92_160, ON)).toBe("hex");
    expect(encodingOf(text(10), 92_160, ON)).toBe("hex");
    expect(encodingOf(text(10_000), 92_160, ON)).toBe("text");
    expect(encodingOf(binary(20_000), 11_520, ON)).toBe("binary");
  });

  it("cuts pieces of 512 bytes, and cuts no datagram", () => {
    expect(nextChunk(binary(5000), { model: LARA_R6, rate: 92_160, hex: OFF })).toEqual({
      length: 512,
      encoding: "hex",
    });
    const many = Array.from({ length: 20 }, () => binary(500));
    const datagram = (data: Buffer, waiting: Buffer[] = many, hex: typeof OFF | undefined = OFF) =>
      datagramEncoding(data, waiting, { model: LARA_R6, rate: 92_160, hex });
    expect(datagram(binary(512))).toBe("hex");
    expect(datagram(binary(513))).toBe("binary");
    expect(datagram(text(513), many, ON)).toBe("text");
    expect(datagram(binary(512), [])).toBe("binary");
    expect(datagram(binary(512), [binary(513), ...many])).toBe("binary");
    expect(datagramEncoding(binary(512), many, { model: LARA_R6, rate: 92_160, hex: undefined })).toBe("binary");
  });
});
