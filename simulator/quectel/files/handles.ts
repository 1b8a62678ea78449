import type { Call, CommandDefinition } from "../../line/command";
import type { Modem } from "../../modem";
import { needDataMode, sendData } from "../data-mode";
import { FileError, FileFailure, fileParameters } from "./errors";
import { Mode, type OpenFile, openFiles } from "./open-files";
import { filePath, readFile, writeFile } from "./store";

const LONGEST_WRITE = 10240;
const DEFAULT_TIMEOUT_S = 5;
const HIGHEST_OFFSET = 0xffffffff;

function handleOf(call: Call): number {
  return fileParameters(call).number(0, { min: 0, max: HIGHEST_OFFSET });
}

function fileOf(call: Call, modem: Modem): OpenFile {
  return openFiles(modem).get(handleOf(call));
}

function open(call: Call, modem: Modem): void {
  const parameters = fileParameters(call).expect(1, 2);
  const path = filePath(modem, parameters.text(0));
  const mode = parameters.number(1, { min: Mode.Open, max: Mode.ReadOnly, fallback: Mode.Open });
  call.info(`+QFOPEN: ${openFiles(modem).open(path, mode)}`);
}

function listOpen(call: Call, modem: Modem): void {
  for (const [handle, { path, mode }] of openFiles(modem).all()) {
    call.info(`+QFOPEN: "${path.prefix}${path.name}",${handle},${mode}`);
  }
}

async function read(call: Call, modem: Modem): Promise<void> {
  const parameters = fileParameters(call).expect(1, 2);
  const file = fileOf(call, modem);
  const wanted = parameters.number(1, { min: 1, max: HIGHEST_OFFSET, fallback: HIGHEST_OFFSET });
  const piece = readFile(file.path).subarray(file.position, file.position + wanted);
  if (piece.length === 0) throw new FileFailure(FileError.readZero);
  needDataMode(modem);
  file.position += piece.length;
  await sendData(call, `CONNECT ${piece.length}`, [piece]);
}

async function write(call: Call, modem: Modem): Promise<void> {
  const parameters = fileParameters(call).expect(1, 3);
  const file = fileOf(call, modem);
  const length = parameters.number(1, { min: 1, max: LONGEST_WRITE, fallback: LONGEST_WRITE });
  const timeout = parameters.number(2, { min: 1, max: 65535, fallback: DEFAULT_TIMEOUT_S });
  if (file.mode === Mode.ReadOnly) throw new FileFailure(FileError.readOnly);
  needDataMode(modem);
  const content = await call.prompt("CONNECT", length, timeout * 1000, { idleTimeout: true });
  const before = readFile(file.path);
  const rest = before.subarray(file.position + content.length);
  const whole = Buffer.concat([before.subarray(0, file.position), content, rest]);
  writeFile(file.path, whole);
  file.position += content.length;
  call.info(`+QFWRITE: ${content.length},${whole.length}`);
}

/** <position>: 0 from the beginning, 1 from here, 2 from the end. */
function seek(call: Call, modem: Modem): void {
  const parameters = fileParameters(call).expect(2, 3);
  const file = fileOf(call, modem);
  const size = readFile(file.path).length;
  const origin = [0, file.position, size][parameters.number(2, { min: 0, max: 2, fallback: 0 })] ?? 0;
  const offset = parameters.bare(1);
  if (!/^-?\d{1,10}$/.test(offset)) throw new FileFailure(FileError.invalidInput);
  const position = origin + Number(offset);
  if (position < 0) throw new FileFailure(FileError.invalidInput);
  if (position > size) throw new FileFailure(FileError.beyondEnd);
  file.position = position;
}

function tell(call: Call, modem: Modem): void {
  fileParameters(call).expect(1, 1);
  call.info(`+QFPOSITION: ${fileOf(call, modem).position}`);
}

function truncate(call: Call, modem: Modem): void {
  fileParameters(call).expect(1, 1);
  const file = fileOf(call, modem);
  if (file.mode === Mode.ReadOnly) throw new FileFailure(FileError.readOnly);
  writeFile(file.path, readFile(file.path).subarray(0, file.position));
}

function close(call: Call, modem: Modem): void {
  fileParameters(call).expect(1, 1);
  openFiles(modem).close(handleOf(call));
}

/** BG96 FILE application note: open files. */
export const fileHandleCommands: readonly CommandDefinition[] = [
  { name: "+QFOPEN", test: (call) => call.info("+QFOPEN: <filename>,(0-2)"), read: listOpen, set: open },
  { name: "+QFREAD", test: (call) => call.info("+QFREAD: <filehandle>,<length>"), set: read },
  { name: "+QFWRITE", test: (call) => call.info("+QFWRITE: <filehandle>,<length>,<timeout>"), set: write },
  { name: "+QFSEEK", test: (call) => call.info("+QFSEEK: <filehandle>,<offset>,(0-2)"), set: seek },
  { name: "+QFPOSITION", test: (call) => call.info("+QFPOSITION: <filehandle>"), set: tell },
  { name: "+QFTUCAT", test: (call) => call.info("+QFTUCAT: <filehandle>"), set: truncate },
  { name: "+QFCLOSE", test: (call) => call.info("+QFCLOSE: <filehandle>"), set: close },
];
