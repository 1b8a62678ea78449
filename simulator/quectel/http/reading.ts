import type { Call, CommandDefinition } from "../../line/command";
import { CommandError } from "../../line/command-error";
import type { Modem } from "../../modem";
import { sendData } from "../data-mode";
import { FileFailure } from "../files/errors";
import { type FilePath, writeFile } from "../files/store";
import type { HttpConnection } from "./connection";
import { HttpError, httpParameters, SECONDS } from "./errors";
import { httpFilePath } from "./file";
import { type HttpSession, httpSession } from "./session";

/** @throws {CommandError} 703, 704, 705 nothing to read, 717 the connection broke after the result */
function readable(modem: Modem): HttpConnection {
  const session = httpSession(modem);
  session.needIdle();
  const { response } = session;
  if (response.broken) throw new CommandError(HttpError.read);
  return response;
}

/** The body, preceded by the header if "responseheader" is on. */
async function* content(session: HttpSession, response: HttpConnection, gap: number): AsyncGenerator<Buffer> {
  if (session.settings.responseheader === 1) yield (await response.head(gap)).head;
  yield* response.body(gap);
}

async function read(call: Call, modem: Modem): Promise<void> {
  const gap = httpParameters(call).expect(0, 1).number(0, SECONDS) * 1000;
  const session = httpSession(modem);
  const response = readable(modem);
  try {
    await sendData(call, "CONNECT", content(session, response, gap), () => response.close());
  } catch (error) {
    if (!call.escaped) throw error;
  } finally {
    // The response can be read only once, even if the reading was broken off.
    session.keep(undefined);
  }
  if (!call.escaped) call.afterResult(() => modem.urc("+QHTTPREAD: 0"));
}

function readToFile(call: Call, modem: Modem): void {
  const parameters = httpParameters(call).expect(1, 2);
  const path = httpFilePath(modem, parameters.text(0));
  const gap = parameters.number(1, SECONDS) * 1000;
  const session = httpSession(modem);
  const response = readable(modem);
  const release = session.occupy();
  call.afterResult(() => store(modem, session, { path, response, gap, release }));
}

interface Storing {
  readonly path: FilePath;
  readonly response: HttpConnection;
  readonly gap: number;
  readonly release: () => void;
}

/** Stores what arrived, even if incomplete (HTTP manual 2.7: complete, or <wait_time> over). */
async function store(modem: Modem, session: HttpSession, storing: Storing): Promise<void> {
  const { powerCycle } = modem;
  const pieces: Buffer[] = [];
  let error = 0;
  try {
    for await (const piece of content(session, storing.response, storing.gap)) pieces.push(piece);
  } catch (failure) {
    if (!(failure instanceof CommandError)) throw failure;
    error = failure.errorCode;
  }
  if (powerCycle.aborted) return;
  if (!write(storing.path, Buffer.concat(pieces))) error = HttpError.memory;
  session.keep(undefined);
  storing.release();
  modem.urc(`+QHTTPREADFILE: ${error}`);
}

function write(path: FilePath, bytes: Buffer): boolean {
  try {
    writeFile(path, bytes);
    return true;
  } catch (error) {
    if (error instanceof FileFailure) return false;
    throw error;
  }
}

/** HTTP manual 2.6 and 2.7 */
export const httpReadingCommands: readonly CommandDefinition[] = [
  { name: "+QHTTPREAD", test: (call) => call.info("+QHTTPREAD: (1-65535)"), set: read, execute: read },
  { name: "+QHTTPREADFILE", test: (call) => call.info("+QHTTPREADFILE: <file_name>,(1-65535)"), set: readToFile },
];
