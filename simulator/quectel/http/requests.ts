import type { Call, CommandDefinition } from "../../line/command";
import { CommandError } from "../../line/command-error";
import type { Modem } from "../../modem";
import { readFile } from "../files/store";
import type { HttpConnection } from "./connection";
import { HttpError, httpParameters, SECONDS } from "./errors";
import { httpFilePath } from "./file";
import { PreparedRequest } from "./prepared-request";
import { httpSession } from "./session";

const LONGEST_GET = 2048;
const LONGEST_POST = 1_024_000;
const NOTHING = Buffer.alloc(0);

/** A request whose bytes, or some of them, come over the line. */
interface Typed {
  readonly length: number;
  readonly inputTime: number;
  readonly responseTime: number;
}

function get(call: Call, modem: Modem): void | Promise<void> {
  const parameters = httpParameters(call);
  const ownHeader = httpSession(modem).settings.requestheader === 1;
  parameters.expect(ownHeader ? 2 : 0, ownHeader ? 3 : 1);
  const responseTime = parameters.number(0, SECONDS);
  if (ownHeader) {
    const length = parameters.number(1, { min: 1, max: LONGEST_GET });
    const inputTime = parameters.number(2, SECONDS);
    return sendTyped(call, modem, { length, inputTime, responseTime }, () => NOTHING);
  }
  const request = PreparedRequest.prepare(modem);
  const release = request.begin();
  call.afterResult(() => request.report(call.name, responseTime, getWith(request, responseTime), release));
}

/** OK comes before the connection, so the URC reports its failure. */
function getWith(request: PreparedRequest, responseTime: number): () => Promise<HttpConnection> {
  return async () => {
    const connection = await request.connect(responseTime * 1000);
    connection.send(request.header("GET"));
    return connection;
  };
}

function post(call: Call, modem: Modem): Promise<void> {
  const parameters = httpParameters(call).expect(1, 3);
  const length = parameters.number(0, { min: 1, max: LONGEST_POST });
  const inputTime = parameters.number(1, SECONDS);
  const responseTime = parameters.number(2, SECONDS);
  return sendTyped(call, modem, { length, inputTime, responseTime }, (request) => request.header("POST", length));
}

/** CONNECT comes once the server is connected and has the header that the modem generates (HTTP manual 2.4). */
async function sendTyped(call: Call, modem: Modem, typed: Typed, header: (request: PreparedRequest) => Buffer) {
  const request = PreparedRequest.prepare(modem);
  const release = request.begin();
  let connection: HttpConnection | undefined;
  try {
    connection = await request.connect();
    const open = connection;
    if (!request.ownHeader) open.send(header(request));
    const bytes = await call.prompt("CONNECT", typed.length, typed.inputTime * 1000);
    if (call.escaped) throw new Interrupted();
    if (bytes.length < typed.length) throw new CommandError(HttpError.inputTimeout);
    const send = async () => {
      open.send(bytes);
      return open;
    };
    call.afterResult(() => request.report(call.name, typed.responseTime, send, release));
  } catch (error) {
    connection?.close();
    release();
    if (!(error instanceof Interrupted)) throw error;
  }
}

/** The host left data mode: the request is dropped (HTTP manual 1.3), and the answer is OK, as after any `+++`. */
class Interrupted extends Error {}

async function postFile(call: Call, modem: Modem): Promise<void> {
  const parameters = httpParameters(call).expect(1, 2);
  const path = httpFilePath(modem, parameters.text(0));
  const responseTime = parameters.number(1, SECONDS);
  const request = PreparedRequest.prepare(modem);
  const content = readFile(path);
  const release = request.begin();
  try {
    const connection = await request.connect();
    const header = request.ownHeader ? NOTHING : request.header("POST", content.length);
    const send = async () => {
      connection.send(Buffer.concat([header, content]));
      return connection;
    };
    call.afterResult(() => request.report(call.name, responseTime, send, release));
  } catch (error) {
    release();
    throw error;
  }
}

/** HTTP manual 2.3 to 2.5 */
export const httpRequestCommands: readonly CommandDefinition[] = [
  {
    name: "+QHTTPGET",
    test: (call) => call.info(`+QHTTPGET: (1-65535),(1-${LONGEST_GET}),(1-65535)`),
    set: get,
    execute: get,
  },
  {
    name: "+QHTTPPOST",
    test: (call) => call.info(`+QHTTPPOST: (1-${LONGEST_POST}),(1-65535),(1-65535)`),
    set: post,
  },
  { name: "+QHTTPPOSTFILE", test: (call) => call.info("+QHTTPPOSTFILE: <file_name>,(1-65535)"), set: postFile },
];
