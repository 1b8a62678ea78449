import { describe, expect, it, onTestFinished } from "vitest";
import { ModemError } from "../../../../driver/errors";
import { type Carrier, OutboxSender } from "../../../../nodes/common/outbox/sender";
import { advance, turns, until, useFakeTime } from "../../../support/clock";
import { rejection } from "../../../support/failure";
import { outboxOf } from "./files";

useFakeTime();

function setUp(carrier: Partial<Carrier<string, string>>, rate = 0) {
  const { outbox } = outboxOf<string>();
  const sent: string[] = [];
  const errors: unknown[] = [];
  const sender = new OutboxSender<string, string>({
    outbox,
    rate,
    random: () => 1,
    onError: (error) => errors.push(error),
    carrier: {
      ready: async () => {},
      send: async ({ item }) => {
        sent.push(item);
        return `${item} arrived`;
      },
      verdict: () => undefined,
      ...carrier,
    },
  });
  onTestFinished(() => sender.stop(new Error("the test is over")));
  return { outbox, sent, sender, errors };
}

const offline = new ModemError("MODEM_OFFLINE", "unplugged");

describe("the sender of an outbox", () => {
  it("sends in order, one after the other", async () => {
    const { outbox, sent } = setUp({});
    const results = await Promise.all(["one", "two", "three"].map(async (item) => (await outbox.keep(item)).sent));
    expect(sent).toEqual(["one", "two", "three"]);
    expect(results).toEqual(["one arrived", "two arrived", "three arrived"]);
  });

  it("tries again what has failed, before anything else, with a growing pause", async () => {
    const attempts: string[] = [];
    let failures = 4;
    const { outbox } = setUp({
      send: async ({ item }) => {
        attempts.push(`${item} at ${Math.round(performance.now() - start)}`);
        failures -= 1;
        if (failures >= 0) throw offline;
        return item;
      },
    });
    const start = performance.now();
    await outbox.keep("one");
    await outbox.keep("two");
    await advance(16_000);
    expect(attempts).toEqual(["one at 0", "one at 1000", "one at 3000", "one at 7000", "one at 15000", "two at 15000"]);
  });

  it("fails what can never be sent, and goes on", async () => {
    const refused = new ModemError("INVALID_INPUT", "topic holds a quote");
    const { outbox, sent } = setUp({
      send: async ({ item }) => {
        sent.push(item);
        if (item === "bad") throw refused;
        return item;
      },
      verdict: (error) => (error === refused ? refused : undefined),
    });
    const { sent: bad } = await outbox.keep("bad");
    await outbox.keep("good");
    expect(await rejection(bad)).toBe(refused);
    await until(() => sent.length === 2);
    expect(sent).toEqual(["bad", "good"]);
  });

  it("waits as long as nothing can be sent, and drops what becomes too old meanwhile", async () => {
    let open = (): void => {};
    const isOpen = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { outbox, sent } = setUp({ ready: () => isOpen });
    const { sent: old } = await outbox.keep("old", 30);
    await outbox.keep("new");
    const late = rejection(old);
    await advance(3_600_000);
    expect(await late).toMatchObject({ code: "MODEM_TIMEOUT" });
    expect(sent).toEqual([]);
    open();
    await until(() => sent.length === 1);
    expect(sent).toEqual(["new"]);
  });

  it("keeps to its rate", async () => {
    const { outbox, sent } = setUp({}, 2);
    for (let item = 0; item < 10; item += 1) await outbox.keep(String(item));
    await advance(2600);
    expect(sent).toHaveLength(6);
  });

  it("stops in the middle of a message, which stays", async () => {
    const { outbox, sender } = setUp({
      send: (_entry, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    await outbox.keep("one");
    await turns(10);
    await sender.stop(new Error("deployed again"));
    expect(outbox.depth.waiting).toBe(1);
  });
});
