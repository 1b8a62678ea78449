import { CommandError } from "../../line/command-error";
import type { Modem } from "../../modem";
import { FileFailure } from "../files/errors";
import { type FilePath, filePath } from "../files/store";
import { HttpError } from "./errors";

/** @throws {CommandError} 730: to the HTTP commands a name that no file can have is an invalid parameter */
export function httpFilePath(modem: Modem, name: string): FilePath {
  try {
    return filePath(modem, name);
  } catch (error) {
    if (error instanceof FileFailure) throw new CommandError(HttpError.parameter);
    throw error;
  }
}
