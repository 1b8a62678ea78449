import type { Call, CommandDefinition } from "../../line/command";
import type { Modem } from "../../modem";
import { needDataMode, sendData } from "../data-mode";
import { FileError, FileFailure, fileParameters } from "./errors";
import { openFiles } from "./open-files";
import { checksum, type FilePath, filePath, readFile, splitPath, writeFile } from "./store";
import { matches } from "./wildcard";

const DEFAULT_SIZE = 10240;
const DEFAULT_TIMEOUT_S = 5;
const ACKNOWLEDGED = 1024;

async function upload(call: Call, modem: Modem): Promise<void> {
  const parameters = fileParameters(call).expect(1, 4);
  const path = filePath(modem, parameters.text(0));
  const size = parameters.number(1, { min: 1, max: path.drive.capacity, fallback: DEFAULT_SIZE });
  const timeout = parameters.number(2, { min: 1, max: 65535, fallback: DEFAULT_TIMEOUT_S });
  const acknowledge = parameters.number(3, { min: 0, max: 1, fallback: 0 }) === 1;
  if (path.drive.read(path.name) !== undefined) throw new FileFailure(FileError.exists);
  if (size > path.drive.free) throw new FileFailure(FileError.driveFull);
  needDataMode(modem);
  const received = acknowledge ? { received: acknowledger(call) } : {};
  const content = await call.prompt("CONNECT", size, timeout * 1000, { idleTimeout: true, ...received });
  writeFile(path, content);
  call.info(`+QFUPL: ${content.length},${checksum(content)}`);
}

/** In ACK mode the modem sends `A` after each 1024 bytes, and the host waits for it. */
function acknowledger(call: Call): (count: number) => void {
  let unacknowledged = 0;
  return (count) => {
    unacknowledged += count;
    for (; unacknowledged >= ACKNOWLEDGED; unacknowledged -= ACKNOWLEDGED) {
      // A restart has already ended the upload: there is nobody to acknowledge to.
      call.raw(Buffer.from("A")).catch(() => undefined);
    }
  };
}

async function download(call: Call, modem: Modem): Promise<void> {
  const content = readFile(filePath(modem, fileParameters(call).expect(1, 1).text(0)));
  needDataMode(modem);
  await sendData(call, "CONNECT", [content]);
  call.info(`+QFDWL: ${content.length},${checksum(content)}`);
}

function list(call: Call, modem: Modem): void {
  const pattern = fileParameters(call).expect(0, 1).text(0, { fallback: "*" });
  const found = matching(modem, pattern);
  if (found.length === 0 && !pattern.includes("*")) throw new FileFailure(FileError.notFound);
  for (const path of found) call.info(`+QFLST: "${path.prefix}${path.name}",${readFile(path).length}`);
}

function remove(call: Call, modem: Modem): void {
  const pattern = fileParameters(call).expect(1, 1).text(0);
  const found = matching(modem, pattern);
  if (found.length === 0 && !pattern.includes("*")) throw new FileFailure(FileError.notFound);
  if (found.some((path) => openFiles(modem).isOpen(path))) throw new FileFailure(FileError.deleteFailed);
  for (const path of found) path.drive.remove(path.name);
}

function matching(modem: Modem, pattern: string): FilePath[] {
  const { drive, prefix, name } = splitPath(modem, pattern);
  const names = drive.names().filter((candidate) => matches(candidate, name));
  return names.map((found) => ({ drive, prefix, name: found }));
}

function space(call: Call, modem: Modem): void {
  const drive = fileParameters(call).expect(1, 1).text(0);
  if (!/^(UFS|RAM)$/i.test(drive)) throw new FileFailure(FileError.invalidInput);
  const files = splitPath(modem, `${drive}:`).drive;
  call.info(`+QFLDS: ${files.free},${files.capacity}`);
}

function usage(call: Call, modem: Modem): void {
  const files = modem.storage.files;
  const names = files.names();
  const bytes = names.reduce((sum, name) => sum + (files.read(name)?.length ?? 0), 0);
  call.info(`+QFLDS: ${bytes},${names.length}`);
}

/** BG96 FILE application note: whole files. */
export const fileCommands: readonly CommandDefinition[] = [
  {
    name: "+QFUPL",
    test: (call, modem) => call.info(`+QFUPL: <filename>,(1-${modem.storage.files.free}),(1-65535),(0,1)`),
    set: upload,
  },
  { name: "+QFDWL", test: (call) => call.info("+QFDWL: <filename>"), set: download },
  { name: "+QFLST", test: () => undefined, set: list, execute: list },
  { name: "+QFDEL", test: (call) => call.info("+QFDEL: <filename>"), set: remove },
  { name: "+QFLDS", test: () => undefined, set: space, execute: usage },
];
