import { CommandError } from "../../line/command-error";
import type { Modem } from "../../modem";
import { FileFailure } from "../files/errors";
import { type FilePath, filePath } from "../files/store";
import { HttpError } from "./errors";

/** @throws {CommandError} 730: the HTTP commands report an invalid file name as an invalid parameter */
export function httpFilePath(modem: Modem, name: string): FilePath {
  try {
    return filePath(modem, name);
  } catch (error) {
    if (error instanceof FileFailure) throw new CommandError(HttpError.parameter);
    throw error;
  }
}
