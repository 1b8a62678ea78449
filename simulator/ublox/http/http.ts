import { exchange } from "../../internet/http/http";
import type { HttpAnswer } from "../../internet/http/types";
import { InternetError, type InternetFailure } from "../../internet/internet";
import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import { fileNotFound, incorrectParameters, notAllowed } from "../errors";
import { fileName } from "../files/files";
import { activeContext, defaultConnection, reaches } from "../packet-data/data-connection";
import { secureConnections } from "../security/connections";
import { effectivePort, HTTP_ERRORS, type HttpError, type HttpSlot } from "./profile";
import { type Body, MULTIPART, wrapInForm, writeRequest } from "./request";
import { httpSettingCommands, slotOf } from "./settings";

const LONGEST_PATH = 1024;
const LONGEST_DATA = 128;
const LONGEST_TYPE = 64;

/** HTTP client (guide 10). */
export const httpCommands: readonly CommandDefinition[] = [
  ...httpSettingCommands,
  { name: "+UHTTPC", set: request, test: (call) => call.info("+UHTTPC: (0-3),(0-5)") },
];

type BodySource = "none" | "file" | "data";

/** Methods of +UHTTPC by number. */
const METHODS: readonly { readonly name: string; readonly body: BodySource }[] = [
  { name: "HEAD", body: "none" },
  { name: "GET", body: "none" },
  { name: "DELETE", body: "none" },
  { name: "PUT", body: "file" },
  { name: "POST", body: "file" },
  { name: "POST", body: "data" },
];
const POST_FILE = 4;

const CONTENT_TYPES: readonly string[] = [
  "application/x-www-form-urlencoded",
  "text/plain",
  "application/octet-stream",
  MULTIPART,
  "application/json",
  "application/xml",
];
/** The number after the last one: the type follows as text. */
const OWN_TYPE = CONTENT_TYPES.length;

const FAILURES: Readonly<Record<InternetFailure, HttpError>> = {
  dns: HTTP_ERRORS.dns,
  connect: HTTP_ERRORS.serverConnection,
  timeout: HTTP_ERRORS.responseTimeout,
  tls: HTTP_ERRORS.secureSocket,
  reset: HTTP_ERRORS.connectionLost,
  closed: HTTP_ERRORS.connectionLost,
};

function request(call: Call, modem: Modem): void {
  expectCount(call, 4, 7);
  const { number, slot } = slotOf(call, modem);
  const command = integerAt(call, 1, 0, METHODS.length - 1);
  const method = METHODS[command];
  const path = stringAt(call, 2, LONGEST_PATH);
  const file = stringAt(call, 3, LONGEST_PATH) === "" ? `http_last_response_${number}` : fileName(call, 3);
  if (method === undefined || path === "") throw incorrectParameters();
  if (slot.busy) {
    slot.lastError = HTTP_ERRORS.inProgress;
    throw notAllowed();
  }
  const body = bodyOf(call, modem, slot, command, method.body);
  if (slot.profile.server === "") {
    slot.lastError = HTTP_ERRORS.serverNotSet;
    throw notAllowed();
  }
  slot.busy = true;
  const bytes = writeRequest(method.name, path, slot.profile, body);
  call.afterResult(() => {
    void new Request(modem, slot, file, bytes, method.name === "HEAD").run().then((succeeded) => {
      if (succeeded !== undefined) modem.urc(`+UUHTTPCR: ${number},${command},${succeeded ? 1 : 0}`);
    });
  });
}

function bodyOf(call: Call, modem: Modem, slot: HttpSlot, command: number, source: BodySource): Body | undefined {
  if (source === "none") {
    if (call.arguments.length !== 4) throw incorrectParameters();
    return undefined;
  }
  const type = contentType(call);
  if (source === "data") return { type, content: Buffer.from(stringAt(call, 4, LONGEST_DATA), "latin1") };
  const name = fileName(call, 4);
  const content = modem.storage.files.read(name);
  if (content === undefined) {
    slot.lastError = HTTP_ERRORS.invalidInput;
    throw fileNotFound();
  }
  return { type, content: command === POST_FILE && type === MULTIPART ? wrapInForm(name, content) : content };
}

function contentType(call: Call): string {
  const number = integerAt(call, 5, 0, OWN_TYPE);
  if (call.arguments.length !== (number === OWN_TYPE ? 7 : 6)) throw incorrectParameters();
  const type = CONTENT_TYPES[number] ?? stringAt(call, 6, LONGEST_TYPE);
  if (type === "") throw incorrectParameters();
  return type;
}

/** A running request: its connection, its end and its result file. */
class Request {
  readonly #modem: Modem;
  readonly #slot: HttpSlot;
  readonly #file: string;
  readonly #bytes: Buffer;
  readonly #headOnly: boolean;
  readonly #power: AbortSignal;
  readonly #abort = new AbortController();

  constructor(modem: Modem, slot: HttpSlot, file: string, bytes: Buffer, headOnly: boolean) {
    this.#modem = modem;
    this.#slot = slot;
    this.#file = file;
    this.#bytes = bytes;
    this.#headOnly = headOnly;
    this.#power = modem.powerCycle;
  }

  /** The result for +UUHTTPCR; undefined if the modem was switched off meanwhile. */
  async run(): Promise<boolean | undefined> {
    const stop = () => this.#abort.abort();
    const cid = this.#slot.profile.cid ?? defaultConnection(this.#modem).cid;
    const leave = contextWatch(this.#modem).watch(cid, stop);
    this.#power.addEventListener("abort", stop, { once: true });
    const error = await this.#exchange(cid);
    this.#power.removeEventListener("abort", stop);
    leave();
    if (this.#power.aborted) return undefined;
    this.#slot.busy = false;
    this.#slot.lastError = error;
    return error === HTTP_ERRORS.none;
  }

  async #exchange(cid: number): Promise<HttpError> {
    if (activeContext(this.#modem, cid) === undefined) return HTTP_ERRORS.noConnection;
    try {
      const answer = await this.#transfer(cid);
      if (!this.#power.aborted) this.#modem.storage.files.write(this.#file, Buffer.concat([answer.head, answer.body]));
      return HTTP_ERRORS.none;
    } catch (error) {
      if (error instanceof InternetError) return FAILURES[error.failure];
      return error instanceof RangeError ? HTTP_ERRORS.resultFile : HTTP_ERRORS.internal;
    }
  }

  async #transfer(cid: number): Promise<HttpAnswer> {
    const { profile } = this.#slot;
    const secure = profile.secure ? secureConnections(this.#modem).claim(profile.security) : undefined;
    try {
      return await exchange(
        {
          host: profile.server,
          port: effectivePort(profile),
          request: this.#bytes,
          headOnly: this.#headOnly,
          timeout: profile.timeout * 1000,
          signal: this.#abort.signal,
          reaches: (address) => reaches(this.#modem, cid, address),
          ...(secure === undefined ? {} : { tls: secure.settings, onTls: secure.report }),
        },
        this.#modem.internet,
      );
    } finally {
      secure?.release();
    }
  }
}

/** Ends requests when their context goes down. */
class ContextWatch {
  readonly #watchers = new Set<{ readonly cid: number; readonly stop: () => void }>();

  constructor(modem: Modem) {
    modem.radio.onDeactivated((cid) => {
      for (const watcher of this.#watchers) if (watcher.cid === cid) watcher.stop();
    });
  }

  watch(cid: number, stop: () => void): () => void {
    const watcher = { cid, stop };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

function contextWatch(modem: Modem): ContextWatch {
  return modem.service("ublox.context-watch", () => new ContextWatch(modem));
}
