import { createServer, type Server } from "node:https";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenServer, openServer } from "../../support/listen";
import { type Driven, drive, identity, pem, securityProfile, simulatedPort } from "./bench";

/** u-blox guide 3.3. */
const CONNECTIONS = 4;

/** Answers when it is told to, and counts the connections that are open at once. */
class PatientServer {
  port = 0;
  most = 0;
  /** Paths, in the order of their requests. */
  readonly asked: string[] = [];
  readonly #open = new Set<Duplex>();
  readonly #pending: { path: string; answer: () => void }[] = [];
  readonly #server: Server;
  #listening: OpenServer | undefined;
  #look: () => void = () => {};

  constructor() {
    this.#server = createServer(identity("server"), (request, response) => {
      const path = request.url ?? "";
      this.asked.push(path);
      this.#pending.push({ path, answer: () => response.end(path) });
      this.#look();
    });
    this.#server.on("connection", (socket) => {
      this.#open.add(socket);
      this.most = Math.max(this.most, this.#open.size);
      for (const event of ["end", "close"]) socket.on(event, () => this.#open.delete(socket));
    });
  }

  async start(): Promise<void> {
    this.#listening = await openServer(this.#server);
    this.port = this.#listening.port;
  }

  async stop(): Promise<void> {
    await this.#listening?.close();
  }

  /** Until so many requests have come in all. */
  async until(count: number): Promise<void> {
    while (this.asked.length < count) {
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  /** The oldest request that waits. */
  answer(): void {
    this.#pending.shift()?.answer();
  }

  get connections(): number {
    return this.#open.size;
  }
}

describe("five HTTPS requests side by side on a LARA-R6", () => {
  let server: PatientServer;
  let driven: Driven;
  beforeAll(async () => {
    server = new PatientServer();
    await server.start();
    driven = await drive(simulatedPort("LARA-R6"));
  });
  afterAll(async () => {
    await driven.close();
    await server.stop();
  });

  const profiles = {
    "with one security profile": () => securityProfile({ ca: pem("ca.cert") }),
    "with a security profile each": (number: number) =>
      securityProfile({ id: `${number}`, ca: pem("ca.cert"), sni: `host-${number}.example` }),
  };

  it.each(Object.entries(profiles))("%s are at most four at the server, and none fails", async (_name, profileOf) => {
    const before = server.asked.length;
    const requests = [1, 2, 3, 4, 5].map(async (number) => {
      const path = `/${before}/${number}`;
      const { body } = await driven.get(`https://server.example:${server.port}${path}`, profileOf(number));
      expect(body.toString()).toBe(path);
    });
    await server.until(before + CONNECTIONS);
    // More commands than a request needs: one that did not wait would be at the server by then.
    for (let count = 0; count < 20; count += 1) await driven.modem.execute("AT+CSQ", { timeout: 5000 });
    expect([server.asked.length - before, server.connections]).toEqual([CONNECTIONS, CONNECTIONS]);
    server.answer();
    await server.until(before + 5);
    expect(server.connections).toBe(CONNECTIONS);
    for (let answered = 1; answered < 5; answered += 1) server.answer();
    await Promise.all(requests);
    expect(server.most).toBe(CONNECTIONS);
    expect([...server.asked.slice(before)].sort()).toEqual([1, 2, 3, 4, 5].map((number) => `/${before}/${number}`));
    expect(server.asked.at(-1)).toBe(`/${before}/5`);
  });
});
