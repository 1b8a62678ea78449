import type { Call, CommandDefinition } from "../../line/command";
import { expectCount, integerAt, stringAt } from "../../line/parameters";
import type { Modem } from "../../modem";
import {
  fileNotFound,
  fileRange,
  fileTimeout,
  incorrectParameters,
  invalidFileName,
  notEnoughSpace,
  notSupported,
} from "../errors";

const LONGEST_NAME = 248;
const LARGEST_FILE = 0x7fffffff;
/** The tag of user files; the others belong to services that this modem does not have. */
const USER_TAG = "USER";
/** Bounds each pause in a transfer. */
const TRANSFER_TIMEOUT_MS = 20_000;

/** Local file system: +UDWNFILE, +URDFILE, +URDBLOCK, +ULSTFILE, +UDELFILE (guide 10.2). */
export const fileCommands: readonly CommandDefinition[] = [
  { name: "+UDWNFILE", set: writeFile },
  { name: "+URDFILE", set: readFile },
  { name: "+URDBLOCK", set: readBlock },
  { name: "+ULSTFILE", set: listFiles, execute: (call, modem) => printNames(call, modem) },
  { name: "+UDELFILE", set: removeFile },
];

/**
 * A file name in a command.
 * @throws {CommandError} when it is empty or too long
 */
export function fileName(call: Call, index: number): string {
  const name = stringAt(call, index, Number.MAX_SAFE_INTEGER);
  if (name.length === 0 || name.length > LONGEST_NAME) throw invalidFileName();
  return name;
}

function checkTag(call: Call, index: number): void {
  if (call.arguments.length <= index) return;
  if (stringAt(call, index, LONGEST_NAME) !== USER_TAG) throw notSupported();
}

function content(modem: Modem, name: string): Buffer {
  const found = modem.storage.files.read(name);
  if (found === undefined) throw fileNotFound();
  return found;
}

/** A file that exists grows (AT facts 5.6). What did not come in time leaves it as it was. */
async function writeFile(call: Call, modem: Modem): Promise<void> {
  expectCount(call, 2, 3);
  const name = fileName(call, 0);
  const size = integerAt(call, 1, 1, LARGEST_FILE);
  checkTag(call, 2);
  const { files } = modem.storage;
  if (size > files.free) throw notEnoughSpace();
  const bytes = await call.prompt(">", size, TRANSFER_TIMEOUT_MS, { idleTimeout: true });
  if (bytes.length < size) throw fileTimeout();
  try {
    files.write(name, Buffer.concat([files.read(name) ?? Buffer.alloc(0), bytes]));
  } catch (error) {
    if (error instanceof RangeError) throw notEnoughSpace();
    throw error;
  }
}

function readFile(call: Call, modem: Modem): void {
  expectCount(call, 1, 2);
  const name = fileName(call, 0);
  checkTag(call, 1);
  const bytes = content(modem, name);
  // In quotation marks, as captures show it (AT facts 5.6); guide 10.2 prints none here, unlike +URDBLOCK.
  call.info(`+URDFILE: "${name}",${bytes.length},"`, bytes, '"');
}

function readBlock(call: Call, modem: Modem): void {
  expectCount(call, 3, 3);
  const name = fileName(call, 0);
  const offset = integerAt(call, 1, 0, LARGEST_FILE);
  const length = integerAt(call, 2, 0, LARGEST_FILE);
  const bytes = content(modem, name);
  if (offset > bytes.length) throw fileRange();
  const block = bytes.subarray(offset, offset + length);
  call.info(`+URDBLOCK: "${name}",${block.length},"`, block, '"');
}

const LIST_NAMES = 0;
const FREE_SPACE = 1;
const FILE_SIZE = 2;

function listFiles(call: Call, modem: Modem): void {
  expectCount(call, 0, 3);
  const what = integerAt(call, 0, LIST_NAMES, FILE_SIZE, LIST_NAMES);
  if (what === FILE_SIZE) {
    const name = fileName(call, 1);
    checkTag(call, 2);
    call.info(`+ULSTFILE: ${content(modem, name).length}`);
    return;
  }
  if (call.arguments.length > 2) throw incorrectParameters();
  checkTag(call, 1);
  if (what === FREE_SPACE) call.info(`+ULSTFILE: ${modem.storage.files.free}`);
  else printNames(call, modem);
}

function printNames(call: Call, modem: Modem): void {
  const names = modem.storage.files.names().map((name) => `"${name}"`);
  call.info(`+ULSTFILE: ${names.join(",")}`);
}

function removeFile(call: Call, modem: Modem): void {
  expectCount(call, 1, 2);
  const name = fileName(call, 0);
  checkTag(call, 1);
  if (!modem.storage.files.remove(name)) throw fileNotFound();
}
