import { createServer } from "node:http";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Modem } from "../../../driver/modem";
import type { ModemSettings } from "../../../driver/modem-types";
import { SimulatedTransport } from "../../../driver/transport/simulated";
import { useEventLoopClock } from "../../support/clock";
import { openServer } from "../../support/listen";
import { SETTINGS } from "../life/start-life";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock(5);

const ends: (() => Promise<unknown>)[] = [];
let number = 0;

afterEach(async () => {
  vi.restoreAllMocks();
  for (const end of ends.splice(0).reverse()) await end();
});

async function up(model: string, settings: Partial<ModemSettings> = {}): Promise<Modem> {
  const { port, close } = await openServer(
    createServer((_request, response) => void setTimeout(() => response.end(), 9e5)),
  );
  ends.push(close);
  number += 1;
  const text = `sim:${model}?route=server.test:80=127.0.0.1:${port}&seed=${900 + number}`;
  const modem = new Modem({ ...SETTINGS, port: text, ...settings });
  ends.push(() => modem.close());
  modem.open();
  await modem.ready({ timeout: 30_000 });
  return modem;
}

/** From here on no byte reaches the modem; when its port was opened anew stands in the result, in ms from now. */
function fallSilent(): { reopened: number[] } {
  const since = performance.now();
  const reopened: number[] = [];
  vi.spyOn(SimulatedTransport.prototype, "write").mockResolvedValue();
  const open = SimulatedTransport.prototype.open;
  vi.spyOn(SimulatedTransport.prototype, "open").mockImplementation(function (this: SimulatedTransport) {
    reopened.push(performance.now() - since);
    return open.call(this);
  });
  return { reopened };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: { code?: string }) => error.code ?? "no code",
  );
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const JOBS: Readonly<Record<string, (modem: Modem) => Promise<unknown>>> = {
  "a GET": async (modem) => {
    const { http } = await modem.ready({ timeout: 1000 });
    return http.request({ method: "GET", url: "http://server.test/", headers: [], timeout: 120_000 });
  },
  "a POST": async (modem) => {
    const { http } = await modem.ready({ timeout: 1000 });
    const body = Buffer.from("abc");
    return http.request({ method: "POST", url: "http://server.test/", headers: [], body, timeout: 120_000 });
  },
  "a look-up": async (modem) => (await modem.ready({ timeout: 1000 })).diagnostics.resolve("server.test"),
  "a status": (modem) => modem.status(),
  "a raw command": (modem) => modem.execute("AT+CSQ", { timeout: 5000 }),
};

describe.each(["LARA-R6", "BG96"])("F45 a line of %s that falls silent", (model) => {
  it.each(Object.keys(JOBS))("before %s has its port opened anew in less than 30 s", async (name) => {
    const modem = await up(model);
    const { reopened } = fallSilent();
    const since = performance.now();
    await codeOf(JOBS[name]?.(modem) ?? Promise.resolve());
    while (reopened.length === 0 && performance.now() - since < 400_000) await wait(100);
    // A long look-up of LARA-R6 may hold the line, and tells nothing of a dead one.
    if (model === "LARA-R6" && name === "a look-up") expect(reopened[0]).toBeLessThan(400_000);
    else expect(reopened[0]).toBeLessThan(30_000);
  });

  it("while a request waits for its result has its port opened anew in less than 30 s", async () => {
    const modem = await up(model);
    const request = codeOf(JOBS["a GET"]?.(modem) ?? Promise.resolve());
    await wait(5000);
    const { reopened } = fallSilent();
    expect(["MODEM_TIMEOUT", "MODEM_OFFLINE"]).toContain(await request);
    while (reopened.length === 0) await wait(100);
    expect(reopened[0]).toBeLessThan(30_000);
  });

  it("tells everyone that the modem does not answer, none that it is busy", async () => {
    const modem = await up(model);
    const answering: boolean[] = [];
    modem.on("answering", (is) => answering.push(is));
    fallSilent();
    const services = await modem.ready({ timeout: 1000 });
    const codes = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        await wait(2000 * index);
        const { state } = modem;
        if (state !== "ready") return codeOf(modem.ready({ timeout: 4000 }));
        return codeOf(services.http.request({ method: "GET", url: "http://server.test/", headers: [], timeout: 4000 }));
      }),
    );
    for (const code of codes) expect(["MODEM_TIMEOUT", "MODEM_OFFLINE"]).toContain(code);
    expect(answering[0]).toBe(false);
  });
});
