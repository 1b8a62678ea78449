import { ModemError } from "./errors";

/** Text that ends with Ctrl-Z, or is given up with ESC (27.005 3.5), whatever number stands in the line. */
const TEXT = /\+(?:CMG[SWC]|CNMA)(?:=|$)/i;

const CTRL_Z = 0x1a;
const ESC = 0x1b;

/** A command line as the patterns of models look at it: strings are empty, and blanks are gone. */
export function bareLine(line: string): string {
  return line.replace(/"[^"]*"/g, '""').replaceAll(" ", "");
}

/**
 * Checks that the modem takes all of what is sent at a prompt, and no less: what goes beyond is a command to it, and
 * what is missing it takes from the commands that follow.
 *
 * @param lengths where commands say how many bytes they take
 * @throws {ModemError} `INVALID_INPUT`, naming `data`
 */
export function checkUpload(line: string, data: Uint8Array, lengths: readonly RegExp[]): void {
  const bare = bareLine(line);
  const announced = lengths.map((pattern) => pattern.exec(bare)?.[1]).find((digits) => digits !== undefined);
  if (announced !== undefined && Number(announced) !== data.length) {
    throw invalid(`has ${data.length} bytes, but the command announces ${announced}`);
  }
  if (announced !== undefined || endsItself(data)) return;
  const numbers = TEXT.test(bare) ? [] : bare.split(/[=,;]/).slice(1);
  if (!numbers.includes(String(data.length))) {
    throw invalid(
      `has ${data.length} bytes, which the command does not announce, and does not end with its only Ctrl-Z`,
    );
  }
}

function endsItself(data: Uint8Array): boolean {
  const ends = [data.indexOf(CTRL_Z), data.indexOf(ESC)].filter((end) => end >= 0);
  return ends.length > 0 && Math.min(...ends) === data.length - 1;
}

function invalid(reason: string): ModemError {
  return new ModemError("INVALID_INPUT", `data ${reason}`);
}
