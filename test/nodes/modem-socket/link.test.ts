import { setImmediate as macrotask } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ModemError } from "../../../driver/errors";
import { type Endpoint, Link } from "../../../nodes/modem-socket/link";

const TARGET = { host: "server.example", port: 7 };
const refused = new ModemError("CONNECT_FAILED", "refused");

function failingLink(changed = (): void => undefined): Link<Endpoint> {
  return new Link<Endpoint>({
    open: async () => {
      throw refused;
    },
    target: async () => TARGET,
    modemReady: async () => undefined,
    changed,
    report: () => undefined,
  });
}

describe("a link that is not kept up", () => {
  const ask = (link: Link<Endpoint>) =>
    link.use({ target: TARGET, tells: false, timeout: 1000, signal: new AbortController().signal });

  it("tells that it is being opened, and that it is not any more", async () => {
    const told: boolean[] = [];
    const link = failingLink(() => told.push(link.isOpening));
    await expect(ask(link)).rejects.toBe(refused);
    expect(told).toEqual([true, false]);
  });

  it.each(Array.from({ length: 12 }, (_, turns) => turns))(
    "fails who asks %i turns behind the first, however close to the end of the attempt that is",
    async (turns) => {
      const link = failingLink();
      const failures: unknown[] = [];
      const note = (error: unknown) => failures.push(error);
      ask(link).catch(note);
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      ask(link).catch(note);
      await macrotask();
      expect(failures).toEqual([refused, refused]);
    },
  );
});
