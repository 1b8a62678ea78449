import type { Call } from "../../line/command";
import { CommandError } from "../../line/command-error";
import { Parameters } from "../parameters";

/** Numbers of the FILE application note. */
export const FileError = {
  invalidInput: 400,
  beyondEnd: 401,
  readZero: 402,
  driveFull: 403,
  notFound: 405,
  invalidName: 406,
  exists: 407,
  tooManyOpen: 413,
  readOnly: 414,
  invalidHandle: 416,
  deleteFailed: 418,
  timeout: 421,
  alreadyOpen: 426,
} as const;

export const FILE_TEXTS: ReadonlyMap<number, string> = new Map([
  [400, "Invalid input value"],
  [401, "Larger than the size of the file"],
  [402, "Read zero byte"],
  [403, "Drive full"],
  [404, "Drive not found"],
  [405, "File not found"],
  [406, "Invalid file name"],
  [407, "File already existed"],
  [408, "Fail to create the file"],
  [409, "Fail to write the file"],
  [410, "Fail to open the file"],
  [411, "Fail to read the file"],
  [413, "Reach the max number of files allowed to be opened"],
  [414, "The file read-only"],
  [416, "Invalid file descriptor"],
  [417, "Fail to list the file"],
  [418, "Fail to delete the file"],
  [419, "Fail to get disk info"],
  [420, "No space"],
  [421, "Time out"],
  [422, "File not found"],
  [423, "File too large"],
  [425, "Invalid parameter"],
  [426, "File already opened"],
]);

export class FileFailure extends CommandError {
  constructor(readonly reason: number) {
    super(reason);
  }
}

export function fileParameters(call: Call): Parameters {
  return new Parameters(call, () => new FileFailure(FileError.invalidInput));
}
