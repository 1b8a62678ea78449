/**
 * Hours of traffic with faults: `npm run soak -- --minutes 60 --seed 1 --model BG96`. `npm run soak -- outbox` runs the
 * end-to-end test of the outbox in full size (10,000 messages; build before).
 *
 * Requests with random bodies go through one modem while faults of the simulator come and go. What is held: every request ends within its
 * time, an answer is what the server sent (the body that reached it), an error is a `ModemError`, the modem is ready again after
 * each fault, and memory does not grow. A byte that is doubled on its way to the modem spoils a body that no checksum guards:
 * those are counted. Ends with status 1 at the first break. At the end it says, a kind of fault: how often it came, the
 * errors of the requests it met, and the longest time until the modem was ready and all those requests had ended.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { isModemError } from "../driver/errors";
import { Modem } from "../driver/modem";
import { closeInProcess, simulatorFor } from "../simulator/faces/in-process";
import { modemSettings } from "./settings";

const FAULTS = [
  "unplug:1500ms",
  "reboot",
  "silence:4s",
  "lost-registration:2s",
  "lost-context",
  "garbage=200",
  "lose-byte=to-host",
  "lose-byte=to-modem",
  "double-byte=to-host",
  "double-byte=to-modem",
  "urc-storm:2s",
  "stuck-prompt",
] as const;
/** ms that a request may take, faults included. */
const LIMIT = 60_000;
/** ms beyond its limit after which a request counts as hung. */
const HUNG = 10_000;

interface Tally {
  answered: number;
  /** Of them: bodies that had suffered on their way to the modem. */
  spoilt: number;
  faults: number;
  readonly errors: Map<string, number>;
}

/** What one kind of fault did. */
interface Effect {
  times: number;
  /** ms from the fault until the modem was ready and the requests it met had ended. */
  longest: number;
  readonly errors: Map<string, number>;
}

const count = (errors: Map<string, number>, code: string) => errors.set(code, (errors.get(code) ?? 0) + 1);

/** Repeatable numbers from [0, 1) (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Echo {
  readonly port: number;
  /** What reached the server, by path, as a digest. */
  readonly seen: Map<string, string>;
  close(): void;
}

const digest = (body: Buffer): string => createHash("sha1").update(body).digest("hex");

async function startEcho(): Promise<Echo> {
  const seen = new Map<string, string>();
  const server = createServer((request, response) => {
    buffer(request).then(
      (body) => {
        seen.set(request.url ?? "", digest(body));
        response.end(body);
      },
      // The modem was cut off in mid-request.
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, seen, close };
}

let requests = 0;

/** Whether the body came back as it was sent. */
async function exchange(modem: Modem, body: Buffer, { seen }: Echo): Promise<boolean> {
  const { http } = await modem.ready({ timeout: LIMIT });
  requests += 1;
  const path = `/echo/${requests}`;
  const answer = await http.request({
    method: "POST",
    url: `http://soak.example${path}`,
    headers: [],
    contentType: "application/octet-stream",
    body,
    timeout: LIMIT,
  });
  if (digest(answer.body) !== seen.get(path)) {
    throw new Error(`an answer of ${answer.body.length} bytes is not what the server sent for ${body.length}`);
  }
  seen.delete(path);
  return answer.body.equals(body);
}

/**
 * @returns the code of the error it ended with, or "" after a right answer
 * @throws {Error} when the request hangs, its answer is wrong or its error is none of ours
 */
async function attempt(modem: Modem, body: Buffer, echo: Echo, tally: Tally): Promise<string> {
  const timer = new AbortController();
  const hung = delay(2 * LIMIT + HUNG, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`a request hangs; the modem is ${modem.state}`);
  });
  try {
    const intact = await Promise.race([exchange(modem, body, echo), hung]);
    tally.answered += 1;
    if (!intact) tally.spoilt += 1;
    return "";
  } catch (error) {
    if (!isModemError(error)) throw error;
    count(tally.errors, error.code);
    return error.code;
  } finally {
    timer.abort();
    hung.catch(() => undefined);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "60" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      model: { type: "string", default: "LARA-R6" },
    },
  });
  const random = generator(Number(values.seed));
  process.stdout.write(`seed ${values.seed}, ${values.model}, ${values.minutes} minutes\n`);
  const echo = await startEcho();
  const port = `sim:${values.model}?baud=921600&seed=${values.seed}&route=soak.example:80=127.0.0.1:${echo.port}`;
  const modem = new Modem(modemSettings(port, 921_600));
  const tally: Tally = { answered: 0, spoilt: 0, faults: 0, errors: new Map() };
  const effects = new Map<string, Effect>();
  const end = Date.now() + Number(values.minutes) * 60_000;
  modem.open();
  await modem.ready({ timeout: LIMIT });
  try {
    while (Date.now() < end) {
      const bodies = Array.from({ length: 1 + Math.floor(random() * 5) }, () => randomBody(random));
      const round = Promise.all(bodies.map((body) => attempt(modem, body, echo, tally)));
      const fault = random() < 0.5 ? (FAULTS[Math.floor(random() * FAULTS.length)] ?? "reboot") : undefined;
      if (fault !== undefined) {
        await delay(random() * 500);
        simulatorFor(port).fault(fault);
        tally.faults += 1;
      }
      const struck = Date.now();
      const codes = await round;
      await modem.ready({ timeout: 2 * LIMIT });
      if (fault !== undefined) note(effects, fault, Date.now() - struck, codes);
      report(tally);
    }
    process.stdout.write(`\n${[...effects].map(told).join("\n")}`);
  } finally {
    await modem.close();
    closeInProcess(port);
    echo.close();
  }
}

function note(effects: Map<string, Effect>, fault: string, elapsed: number, codes: readonly string[]): void {
  const effect = effects.get(fault) ?? { times: 0, longest: 0, errors: new Map() };
  effect.times += 1;
  effect.longest = Math.max(effect.longest, elapsed);
  for (const code of codes) if (code !== "") count(effect.errors, code);
  effects.set(fault, effect);
}

const listed = (errors: ReadonlyMap<string, number>) =>
  [...errors].map(([code, times]) => `${code} ${times}`).join(", ") || "no errors";

const told = ([fault, { times, longest, errors }]: [string, Effect]) =>
  `${fault.padEnd(22)} ${String(times).padStart(4)} times, at most ${(longest / 1000).toFixed(1)} s to ready, ${listed(errors)}`;

function randomBody(random: () => number): Buffer {
  return Buffer.from(Uint8Array.from({ length: Math.floor(random() * 20_000) }, () => Math.floor(random() * 256)));
}

function report({ answered, spoilt, faults, errors }: Tally): void {
  const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
  process.stdout.write(
    `\r${answered} answered (${spoilt} spoilt), ${faults} faults, ${listed(errors)}, ${memory} MiB   `,
  );
}

/** In its test: the same is done there in small with every change. */
function soakOutbox(): never {
  const { status } = spawnSync("npx", ["vitest", "run", "test/end-to-end/outbox"], {
    env: { ...process.env, OUTBOX_SOAK: "1" },
    stdio: "inherit",
  });
  process.exit(status ?? 1);
}

if (process.argv[2] === "outbox") soakOutbox();

main().then(
  () => process.stdout.write("\nheld\n"),
  (error: Error) => {
    process.stdout.write(`\nBROKEN: ${error.message}\n`);
    process.exit(1);
  },
);
