import { afterAll, beforeAll, expect, it } from "vitest";
import type { Trouble } from "../tap";
import {
  ENCRYPTED_KEY,
  FOREIGN,
  IMPORTED_KEY,
  KEY_PASSWORD,
  MODELS,
  type Model,
  outcome,
  RAW,
  SecretsStage,
} from "./stage";

const stage = new SecretsStage();
beforeAll(() => stage.start());
afterAll(() => stage.stop());

/** Commands that hold a secret, or lead to one. */
const SECRET = String.raw`AT\+(?:USECMNG=[014]|USECPRF=\d,(?:[789]|13,[235]),|UDWNFILE|URDBLOCK|QFUPL|QFDWL|QSSLCFG|QHTTPCFG="auth)[^\r]*`;
const COMMAND = new RegExp(`${SECRET}(?=\\r)`, "i");
const UPLOAD = /PRIVATE KEY-----\s|\+USECPRF=\d,13,5,\d+\r/;
const READING = /AT\+(?:QFDWL|QFREAD|URDBLOCK)=[^\r]*\r/;
const SLOW = "&baud=115200&boot=20";

type Message = readonly [node: string, message: object];
type Work = "all" | "imports" | "files";

interface Scenario {
  readonly options?: string;
  readonly trouble: Trouble;
  /** What is asked for; all when left out. */
  readonly work?: Work;
}

/** Changes every so many-th character, the first seldom: a command stays one. */
const every = (count: number, change: (character: string) => string) => (command: string) =>
  command.replace(new RegExp(`(.{${count - 1}})(.)`, "g"), (_, before: string, last: string) => before + change(last));

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "loses bytes of what it repeats": { trouble: { when: COMMAND, echo: every(7, () => "") } },
  "doubles bytes of what it repeats": { trouble: { when: COMMAND, echo: every(8, (last) => last + last) } },
  "repeats something else": { trouble: { when: COMMAND, echo: every(9, () => "~") } },
  "repeats without a beginning": { trouble: { when: COMMAND, echo: (command) => command.slice(13) } },
  "cuts what it repeats": { trouble: { when: COMMAND, echo: every(20, (last) => `${last}\r\n`) } },
  "prints garbage in between": { trouble: { when: COMMAND, faults: ["garbage=64"] } },
  "says what it refuses": {
    trouble: { when: COMMAND, answer: (command) => `${command}\r\n+CME ERROR: what is ${command}?\r\n` },
  },
  "says parts of what it refuses": {
    trouble: { when: COMMAND, answer: (command) => `${command}\r\n+CME ERROR: ${command.slice(-20, -2)}\r\n` },
  },
  "loses bytes of commands": { trouble: { when: COMMAND, faults: ["lose-byte=to-modem"] } },
  "reboots in mid-import": { options: SLOW, work: "imports", trouble: { when: UPLOAD, faults: ["reboot@40ms"] } },
  "is deaf in mid-import": {
    options: SLOW,
    work: "imports",
    trouble: { when: UPLOAD, faults: ["silence@40ms:300ms"] },
  },
  "loses bytes of an import": {
    options: SLOW,
    work: "imports",
    trouble: { when: UPLOAD, faults: ["lose-byte=to-modem:30ms"] },
  },
  "waits for more than it is sent": { work: "imports", trouble: { when: COMMAND, faults: ["stuck-prompt=40"] } },
  "reboots while a file is read": { options: SLOW, work: "files", trouble: { when: READING, faults: ["reboot@60ms"] } },
  "is silent while a file is read": {
    options: SLOW,
    work: "files",
    trouble: { when: READING, faults: ["silence@40ms:60ms"] },
  },
  "loses bytes of a file": {
    options: SLOW,
    work: "files",
    trouble: { when: READING, faults: ["lose-byte=to-host:80ms"] },
  },
  "doubles bytes of a file": {
    options: SLOW,
    work: "files",
    trouble: { when: READING, faults: ["double-byte=to-host:80ms"] },
  },
};

const key = (content: object) => ({ action: "import", kind: "key", ...content });
const encrypted = { payload: ENCRYPTED_KEY, password: KEY_PASSWORD };
const length = IMPORTED_KEY.length;
const session = { type: "id", encrypted: false, data: FOREIGN.id, server: "server.example:443" };
const ticket = { ...session, type: "psk-ticket", data: FOREIGN.ticket, size: 240, server: "tls13.example:443" };

const IMPORT: Message = ["profile/encrypted", key({ certificateName: "e", ...encrypted })];
const COMMON: readonly Message[] = [
  IMPORT,
  ["profile/mutual", key({ certificateName: "i", payload: IMPORTED_KEY })],
  ["profile/mutual", { action: "hash", kind: "key", certificateName: "i" }],
  ["profile/mutual", { action: "list" }],
  ["http/encrypted", {}],
];
const RESTORE: Message = ["profile/psk-ticket-plain", { action: "session", payload: ticket }];
const FILES: Readonly<Record<Model, readonly Message[]>> = {
  "LARA-R6": [
    ["at", { command: `AT+UDWNFILE="key.pem",${length}`, data: IMPORTED_KEY }],
    ["at", { command: 'AT+URDBLOCK="key.pem",0,1000' }],
    ["profile/mutual", key({ certificateName: "f", filename: "key.pem" })],
  ],
  BG96: [
    ["at", { command: `AT+QFUPL="key.pem",${length}`, data: IMPORTED_KEY }],
    ["at", { command: 'AT+QFDWL="key.pem"' }],
    ["profile/mutual", key({ certificateName: "f", filename: "key.pem" })],
    ["profile/mutual", { action: "hash", kind: "key", certificateName: "f" }],
  ],
};
const OWN: Readonly<Record<Model, readonly Message[]>> = {
  "LARA-R6": [
    ["http/psk-text", {}],
    ["profile/id-plain", { action: "session", payload: session }],
    RESTORE,
    ["http/ticket-plain", {}],
    ["at", { command: `AT+USECPRF=4,7,"${RAW.password}"` }],
    ["at", { command: `AT+USECPRF=4,8,"${RAW.key}"` }],
  ],
  BG96: [],
};
/** What a modem is asked for, in this order: which node, and the message. */
const messages: Readonly<Record<Work, (model: Model) => readonly Message[]>> = {
  all: (model) => [...COMMON, ...OWN[model], ...FILES[model]],
  imports: (model) => (model === "BG96" ? [IMPORT] : [IMPORT, RESTORE]),
  files: (model) => FILES[model],
};
const PROFILES = ["encrypted", "mutual", "psk-text", "id-plain", "ticket-plain", "psk-ticket-plain"];

/** What became of all that a modem was asked for, one after the other. */
async function outcomes(id: string, asked: readonly Message[]): Promise<string[]> {
  const found = [];
  for (const [node, message] of asked) found.push(outcome(await stage.nodeRed.give(`${id}/${node}`, message)));
  return found;
}

it("no secret of TLS is told of a modem that misbehaves", async () => {
  const modems = MODELS.flatMap((model) =>
    Object.entries(SCENARIOS).map(([about, scenario]) => ({ id: `${model} that ${about}`, model, ...scenario })),
  );
  const configs = modems.map(({ id, model, options, trouble }) => stage.modem(id, model, options, [trouble]));
  await stage.deploy(await Promise.all(configs), PROFILES);
  // They spend most of their time waiting, so all of them are asked at once.
  const work = MODELS.map(async (of) => {
    const asked = modems.filter(({ model }) => model === of);
    const codes = asked.map(({ id, work = "all" }) => outcomes(id, messages[work](of)));
    const found = [...new Set((await Promise.all(codes)).flat())];
    expect(found, of).toEqual(expect.arrayContaining(["out", "own", "MODEM_REJECTED"]));
    // A LARA-R6 restarts without a word: which of the two it is depends on what it was asked next.
    expect(found, of).toContainEqual(expect.stringMatching(/^MODEM_(?:RESTARTED|TIMEOUT)$/));
  });
  await Promise.all(work);
  for (const { id } of modems) expect(stage.taps.get(id)?.troubled, id).toBeGreaterThan(0);
  expect(await stage.leaks()).toEqual([]);
}, 180_000);
