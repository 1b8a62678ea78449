import { describe, expect, it, vi } from "vitest";
import { type Arrival, Pacer } from "../../../simulator/line/pacer";
import { SerialLine } from "../../../simulator/line/serial-line";
import { turns, useEventLoopClock } from "../../support/clock";
import { lineModem } from "./line-modem";

// No byte is waited for in real time.
vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock();

interface Portion {
  readonly size: number;
  readonly at: number;
  readonly arrival: Arrival;
}

/** Sends bytes through a pacer and notes what came when, in ms from the start. */
async function stream(baud: number, bytes: Buffer): Promise<{ portions: Portion[]; received: Buffer }> {
  const portions: Portion[] = [];
  const pieces: Buffer[] = [];
  const started = performance.now();
  await new Promise<void>((resolve) => {
    const pacer = new Pacer((piece, arrival) => {
      portions.push({ size: piece.length, at: performance.now() - started, arrival });
      pieces.push(piece);
      if (pieces.reduce((sum, { length }) => sum + length, 0) === bytes.length) resolve();
      return true;
    });
    pacer.setRate(baud);
    pacer.write(bytes.subarray(0, 10));
    pacer.write(bytes.subarray(10));
  });
  return { portions, received: Buffer.concat(pieces) };
}

describe.each([115_200, 921_600, 3_000_000])("a line of %i baud", (baud) => {
  const bytes = Buffer.from(Array.from({ length: Math.round(baud / 100) }, (_, index) => index & 0xff));
  const byteTime = 10_000 / baud;

  it("gives no byte before its time, and each of them", async () => {
    const { portions, received } = await stream(baud, bytes);
    expect(received).toEqual(bytes);
    let through = 0;
    for (const { size, at } of portions) {
      through += size;
      expect(at).toBeGreaterThanOrEqual(through * byteTime - 0.01);
    }
  });

  it("tells of each byte when it was through, however late the portion was taken", async () => {
    const { portions } = await stream(baud, bytes);
    let before = 0;
    const first = portions[0]?.arrival.first ?? 0;
    for (const { size, arrival } of portions) {
      expect(arrival.step).toBeCloseTo(byteTime, 9);
      expect(arrival.first - first).toBeCloseTo(before * byteTime, 6);
      before += size;
    }
  });
});

describe("a paced line", () => {
  it("stops while the host takes no more, and goes on where it was", async () => {
    const pieces: Buffer[] = [];
    const pacer = new Pacer((piece) => {
      pieces.push(piece);
      return pieces.length > 1;
    });
    pacer.setRate(921_600);
    pacer.write(Buffer.from("a".repeat(1000)));
    await turns(30);
    expect(pieces).toHaveLength(1);
    pacer.resume();
    await pacer.lower(0);
    expect(Buffer.concat(pieces).toString()).toBe("a".repeat(1000));
  });

  it("counts an answer from the end of its command, however long this process takes for it", async () => {
    const line = new SerialLine(921_600);
    const host = { receive: () => true, hangUp: () => undefined };
    const answered = new Promise<{ heard: number; through: number }>((resolve) => {
      line.connectModem({
        hangUp: () => undefined,
        receive(bytes, { first, step }) {
          vi.advanceTimersByTime(10);
          queueMicrotask(() => {
            resolve({ heard: first + (bytes.length - 1) * step, through: line.write(Buffer.alloc(20)) });
          });
          return true;
        },
      });
    });
    line.attach(host);
    await line.send(host, Buffer.from("AT\r"));
    const { heard, through } = await answered;
    expect(through - heard).toBeCloseTo((20 * 10_000) / 921_600, 6);
    await turns(5);
    const before = performance.now();
    expect(line.write(Buffer.alloc(1)), "what is said later").toBeGreaterThan(before);
  });

  it("changes its rate by +IPR after the result, which still comes at the old rate", async () => {
    const { client, line } = lineModem([], { baud: 9600 });
    expect((await client.send("AT+IPR?")).lines).toEqual(["+IPR: 9600"]);
    expect((await client.send("AT+IPR=1234")).result).toBe("ERROR");
    await client.send("AT+IPR=921600");
    expect((await client.send("AT+IPR?")).lines).toEqual(["+IPR: 921600"]);
    expect(line.rate).toBe(921_600);
  });
});

describe("a line without a rate", () => {
  it("does not change with +IPR", async () => {
    const { client, line } = lineModem();
    await client.send("AT+IPR=9600");
    expect(line.rate).toBe(0);
    expect((await client.send("AT+IPR?")).lines).toEqual(["+IPR: 9600"]);
  });
});
