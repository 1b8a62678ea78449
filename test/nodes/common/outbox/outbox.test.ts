import { readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { StillKept } from "../../../../nodes/common/outbox/outbox";
import { advance, fakeTime } from "../../../support/clock";
import { rejection } from "../../../support/failure";
import { drained, outboxOf, outboxPath } from "./files";

describe.each(["memory", "disk"] as const)("an outbox in %s", (where) => {
  const place = async (): Promise<{ path?: string }> => (where === "disk" ? { path: await outboxPath() } : {});

  it("gives first what came first, and tells each sender what became of it", async () => {
    const { outbox } = outboxOf<string>(await place());
    const { sent: first } = await outbox.keep("first");
    const { sent: second } = await outbox.keep("second");
    const one = await outbox.first(AbortSignal.timeout(1000));
    outbox.settle(one, "arrived");
    const two = await outbox.first(AbortSignal.timeout(1000));
    outbox.fail(two, new Error("refused"));
    expect([one.item, two.item]).toEqual(["first", "second"]);
    await expect(first).resolves.toBe("arrived");
    await expect(second).rejects.toThrow("refused");
    expect(outbox.depth).toEqual({ waiting: 0, oldest: 0, bytes: 0 });
  });

  it("keeps what was put back in its place", async () => {
    const { outbox } = outboxOf(await place());
    await outbox.keep("first");
    await outbox.keep("second");
    const entry = await outbox.first(AbortSignal.timeout(1000));
    expect(outbox.take(entry)).toBe(true);
    outbox.putBack(entry);
    expect(await drained(outbox)).toEqual(["first", "second"]);
  });

  it("waits for a message, and no longer than its signal", async () => {
    const { outbox } = outboxOf(await place());
    const next = outbox.first(AbortSignal.timeout(60_000));
    await outbox.keep("late");
    expect((await next).item).toBe("late");
    outbox.settle(await next, undefined);
    const controller = new AbortController();
    const vain = rejection(outbox.first(controller.signal));
    controller.abort(new Error("stopped"));
    expect(await vain).toEqual(new Error("stopped"));
  });

  it("refuses what goes beyond its limit", async () => {
    const { outbox } = outboxOf({ ...(await place()), limit: 2 });
    await outbox.keep("one");
    await outbox.keep("two");
    await expect(outbox.keep("three")).rejects.toMatchObject({ code: "MODEM_BUSY", message: /full: 2 messages/ });
    expect(await drained(outbox)).toEqual(["one", "two"]);
  });

  it("fails what has become too old, but not what is on its way", async () => {
    const { outbox } = outboxOf(await place());
    await outbox.open();
    const endTime = fakeTime();
    const { sent: taken } = await outbox.keep("taken", 10);
    const { sent: waiting } = await outbox.keep("waiting", 10);
    const { sent: patient } = await outbox.keep("patient", 60);
    const entry = await outbox.first(AbortSignal.timeout(1000));
    outbox.take(entry);
    const late = rejection(waiting);
    await advance(12_000);
    expect(await late).toMatchObject({ code: "MODEM_TIMEOUT", message: /too old/ });
    outbox.settle(entry, undefined);
    endTime();
    await taken;
    expect((await outbox.first(AbortSignal.timeout(1000))).item).toBe("patient");
    void rejection(patient);
  });
});

describe("an outbox on disk", () => {
  it("has its messages again after a restart, without those that were sent", async () => {
    const path = await outboxPath();
    const { outbox } = outboxOf({ path });
    for (const item of ["one", "two", "three"]) await outbox.keep(item);
    outbox.settle(await outbox.first(AbortSignal.timeout(1000)), undefined);
    await outbox.close(new Error("stopped"));
    expect(await drained(outboxOf({ path }).outbox)).toEqual(["two", "three"]);
  });

  it("ends no message as failed when it closes", async () => {
    const { outbox } = outboxOf({ path: await outboxPath() });
    const { sent } = await outbox.keep("one");
    await outbox.close(new Error("stopped"));
    expect(await rejection(sent)).toBeInstanceOf(StillKept);
  });

  it("is for its owner alone", async () => {
    const path = await outboxPath();
    await outboxOf({ path }).outbox.keep("secret");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it("opens with whatever a power cut has left, and loses nothing before the cut", async () => {
    const path = await outboxPath();
    const { outbox } = outboxOf({ path });
    const ends: number[] = [];
    for (const item of ["one", "zwei", "trois"]) {
      await outbox.keep(item);
      ends.push((await stat(path)).size);
    }
    await outbox.close(new Error("stopped"));
    const whole = await readFile(path);
    for (let length = 0; length <= whole.length; length += 1) {
      await writeFile(path, whole);
      await truncate(path, length);
      const { outbox: again, warnings } = outboxOf({ path });
      const expected = ["one", "zwei", "trois"].slice(0, ends.filter((end) => end <= length).length);
      expect(await drained(again), `cut at ${length}`).toEqual(expected);
      await again.keep("new");
      await again.close(new Error("stopped"));
      expect(await drained(outboxOf({ path }).outbox), `cut at ${length}, then another`).toEqual(["new"]);
      expect(warnings).toEqual([]);
    }
  });

  it("sets a damaged file aside, says so, and goes on with the rest", async () => {
    const path = await outboxPath();
    const { outbox } = outboxOf({ path });
    for (const item of ["one", "two", "three"]) await outbox.keep(item);
    await outbox.close(new Error("stopped"));
    const damaged = (await readFile(path, "utf8")).replace("two", "twö");
    await writeFile(path, damaged);
    const { outbox: again, warnings } = outboxOf({ path });
    expect(await drained(again)).toEqual(["one", "three"]);
    expect(warnings).toEqual([expect.stringMatching(/was damaged and is now .*damaged-\d+; 2 of its records/)]);
    const names = await readdir(dirname(path));
    const aside = names.find((name) => name.includes("damaged")) ?? "";
    expect(await readFile(`${dirname(path)}/${aside}`, "utf8")).toBe(damaged);
  });

  it("takes up a file that is all rubbish", async () => {
    const path = await outboxPath();
    await writeFile(path, Buffer.from(Array.from({ length: 5000 }, (_value, index) => index % 256)));
    const { outbox, warnings } = outboxOf({ path });
    await outbox.keep("one");
    expect(await drained(outbox)).toEqual(["one"]);
    expect(warnings).toHaveLength(1);
  });

  it("stays small while many messages go through", async () => {
    const path = await outboxPath();
    const { outbox } = outboxOf({ path });
    await outbox.keep("stays");
    for (let round = 0; round < 40; round += 1) {
      await Promise.all(Array.from({ length: 25 }, () => outbox.keep("x".repeat(1000))));
      await outbox.keep("stays");
      while (outbox.depth.waiting > 1) outbox.settle(await outbox.first(AbortSignal.timeout(1000)), undefined);
    }
    await outbox.close(new Error("stopped"));
    expect((await stat(path)).size).toBeLessThan(600_000);
    expect(await drained(outboxOf({ path }).outbox)).toEqual(["stays"]);
  });

  it("gives one file to one outbox at a time", async () => {
    const path = await outboxPath();
    const { outbox } = outboxOf({ path });
    await outbox.keep("one");
    const closed = outbox.close(new Error("deployed again"));
    const { outbox: next } = outboxOf({ path });
    await next.keep("two");
    await closed;
    expect(await drained(next)).toEqual(["one", "two"]);
  });
});
