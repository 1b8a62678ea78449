import { describe, expect, it } from "vitest";
import { OrderedDelivery } from "../../../../driver/services/sockets/ordered-delivery";

/** A delivery whose receiver takes one piece at a time, each until `release`. */
class Bench {
  readonly received: string[] = [];
  mayWait = true;
  #release: (() => void)[] = [];
  readonly delivery = new OrderedDelivery(
    (data) => {
      this.received.push(data.toString());
      return new Promise((resolve) => this.#release.push(resolve));
    },
    () => this.mayWait,
  );

  /** Whether what passed the text on may go on. */
  pass(text: string): { done: boolean } {
    const state = { done: false };
    void Promise.resolve(this.delivery.pass(Buffer.from(text))).then(() => {
      state.done = true;
    });
    return state;
  }

  async release(): Promise<void> {
    this.#release.shift()?.();
    await settle();
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("delivery in order", () => {
  it("hands on in the same tick to a receiver that takes it at once", () => {
    const received: string[] = [];
    const delivery = new OrderedDelivery(
      (data) => void received.push(data.toString()),
      () => true,
    );
    expect([delivery.pass(Buffer.from("a")), received, delivery.taking]).toEqual([undefined, ["a"], undefined]);
  });

  it("waits for a receiver who is busy, and hands on the next behind it", async () => {
    const bench = new Bench();
    const [a, b] = [bench.pass("a"), bench.pass("b")];
    await settle();
    expect([bench.received, a.done, b.done]).toEqual([["a"], false, false]);
    await bench.release();
    expect([bench.received, a.done, b.done]).toEqual([["a", "b"], true, false]);
    await bench.release();
    expect([b.done, bench.delivery.taking]).toEqual([true, undefined]);
  });

  it("makes nobody wait who no longer may, and still keeps the order", async () => {
    const bench = new Bench();
    const a = bench.pass("a");
    await settle();
    bench.mayWait = false;
    bench.delivery.recheck();
    const b = bench.pass("b");
    await settle();
    expect([a.done, b.done, bench.received]).toEqual([true, true, ["a"]]);
    await bench.release();
    expect(bench.received).toEqual(["a", "b"]);
  });

  it("goes on behind a receiver that failed, and tells who passed it on", async () => {
    const received: string[] = [];
    const delivery = new OrderedDelivery(
      async (data) => {
        received.push(data.toString());
        if (received.length === 1) throw new Error("no");
      },
      () => true,
    );
    const [first, second] = [delivery.pass(Buffer.from("a")), delivery.pass(Buffer.from("b"))];
    await expect(first).rejects.toThrow("no");
    await second;
    expect(received).toEqual(["a", "b"]);
  });
});
