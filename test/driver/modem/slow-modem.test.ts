import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MODELS } from "../../../driver/models";
import { Modem } from "../../../driver/modem";
import { useEventLoopClock } from "../../support/clock";
import { openServer } from "../../support/listen";
import { SETTINGS } from "../life/start-life";

vi.mock("../../../simulator/clock", () => vi.importActual("../../support/simulator-clock"));
useEventLoopClock(5);

const ends: (() => Promise<unknown>)[] = [];
let number = 0;
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const SLOW_MS = 60_000;

/** A modem whose connections take a minute, and what its state, and its sense of being answered, came to. */
async function slow(model: string, more = ""): Promise<{ modem: Modem; states: string[]; answering: boolean[] }> {
  const http = await openServer(
    createHttpServer((request, response) => request.resume().on("end", () => response.end("hello"))),
  );
  const echo = await openServer(createServer((socket) => socket.pipe(socket)));
  ends.push(http.close, echo.close);
  number += 1;
  const routes = `route=server.test:80=127.0.0.1:${http.port}&route=server.test:7=127.0.0.1:${echo.port}`;
  const modem = new Modem({
    ...SETTINGS,
    port: `sim:${model}?${routes}&fault=slow-connect=${SLOW_MS}${more}&seed=${800 + number}`,
  });
  ends.push(() => modem.close());
  modem.open();
  await modem.ready({ timeout: 30_000 });
  const states: string[] = [];
  const answering: boolean[] = [];
  modem.on("state", (state) => states.push(state));
  modem.on("answering", (isAnswering) => answering.push(isAnswering));
  return { modem, states, answering };
}

async function ended(work: Promise<unknown>): Promise<{ result: unknown; took: number }> {
  const since = performance.now();
  const result = await work.catch((error: { code?: string }) => error.code);
  return { result, took: performance.now() - since };
}

const url = "http://server.test/";
const question = (modem: Modem) => ended(modem.execute("AT+CSQ", { timeout: 5000 }));

describe.each(MODELS.map(({ name }) => name))("F34 neighbour: %s, busy for a minute with a connection,", (model) => {
  it.each(["GET", "POST", "GET with a header"])("gives the response to a %s, and stays ready", async (form) => {
    const { modem, states } = await slow(model);
    const { http } = await modem.ready({ timeout: 1000 });
    const method = form === "POST" ? "POST" : "GET";
    const headers: [string, string][] = form.endsWith("header") ? [["x-a", "b"]] : [];
    const body = method === "POST" ? { body: Buffer.from("abc"), contentType: "text/plain" } : {};
    const response = http.request({ method, url, headers, timeout: 120_000, ...body });
    const other = question(modem);
    expect((await response).body.toString()).toBe("hello");
    // The command in flight may hold the line; the message that waits for it does not wait longer than it may.
    expect((await other).took).toBeLessThan(model === "LARA-R6" ? 1000 : 7000);
    expect((await question(modem)).result).toMatchObject({ result: "OK" });
    expect(states).toEqual([]);
    expect(modem.isAnswering).toBe(true);
  });

  it("fails what has less time by that, and is neither reset nor reopened for it", async () => {
    const { modem, states } = await slow(model);
    const { http } = await modem.ready({ timeout: 1000 });
    const body = Buffer.from("abc");
    const { result, took } = await ended(http.request({ method: "POST", url, headers: [], body, timeout: 20_000 }));
    expect(result).toBe("MODEM_TIMEOUT");
    expect(took).toBeLessThan(22_000);
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    expect((await question(modem)).result).toMatchObject({ result: "OK" });
    expect(states).toEqual([]);
  });

  it("opens the connection in the end, and its bytes are whole", async () => {
    const { modem, states } = await slow(model);
    const { sockets } = await modem.ready({ timeout: 1000 });
    const data = Buffer.from(Array.from({ length: 2000 }, (_, index) => index % 256));
    const received: Buffer[] = [];
    const arrived = new Promise<void>((resolve) => {
      const onData = (bytes: Buffer): void => {
        received.push(bytes);
        if (Buffer.concat(received).length >= data.length) resolve();
      };
      void sockets
        .connect(
          { host: "server.test", port: 7, timeout: 120_000, mode: "direct" },
          { onData, onClosed: () => undefined },
        )
        .then((socket) => socket.send(data));
    });
    await arrived;
    expect(Buffer.concat(received).equals(data)).toBe(true);
    expect(states).toEqual([]);
  });
});

describe("F34 neighbour: LARA-R6, whose firmware knows +USOCO in its synchronous form only,", () => {
  it("is busy with a connection for a minute, and opens it", async () => {
    const { modem, states } = await slow("LARA-R6", `&fault=${encodeURIComponent("refuse=+USOCO")}`);
    const { sockets } = await modem.ready({ timeout: 1000 });
    const events = { onData: () => undefined, onClosed: () => undefined };
    const connecting = sockets.connect({ host: "server.test", port: 7, timeout: 120_000, mode: "command" }, events);
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    expect(modem.isAnswering).toBe(false);
    expect((await question(modem)).result).toBe("MODEM_TIMEOUT");
    const socket = await connecting;
    expect(modem.isAnswering).toBe(true);
    await socket.send(Buffer.from("x"));
    expect((await question(modem)).result).toMatchObject({ result: "OK" });
    expect(states).toEqual([]);
  });
});

describe("F25 LARA-R6, whose connections take a minute,", () => {
  it.each(["command", "direct"] as const)(
    "answers AT+CSQ of others within a second meanwhile, in %s mode",
    async (mode) => {
      const { modem, states } = await slow("LARA-R6");
      const { sockets } = await modem.ready({ timeout: 1000 });
      const events = { onData: () => undefined, onClosed: () => undefined };
      let isOpen = false;
      const since = performance.now();
      const connecting = sockets
        .connect({ host: "server.test", port: 7, timeout: 120_000, mode }, events)
        .then((socket) => {
          isOpen = true;
          return socket;
        });
      for (const pause of [100, 1000, 5000, 14_000, 30_000]) {
        await new Promise((resolve) => setTimeout(resolve, pause));
        const { result, took } = await question(modem);
        expect(result).toMatchObject({ result: "OK" });
        expect(took).toBeLessThan(1000);
        expect(isOpen).toBe(false);
      }
      const socket = await connecting;
      expect(performance.now() - since).toBeGreaterThanOrEqual(SLOW_MS);
      await socket.close();
      expect(states).toEqual([]);
    },
  );
});
