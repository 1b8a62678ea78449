import { CommandError } from "../line/command-error";
import { INCORRECT_PARAMETERS } from "../line/parameters";
import { PlainError } from "../line/results";

/** Numbers of +CME ERROR that LARA-R6's own commands use: 27.007 section 9.2, and u-blox's range from 1600. */
const NOT_ALLOWED = 3;
const NOT_SUPPORTED = 4;
const TEXT_TOO_LONG = 24;
const FILE_NOT_FOUND = 1612;
const FILE_RANGE = 1630;
const NOT_ENOUGH_SPACE = 1637;
const INVALID_FILE_NAME = 1638;
const FILE_TIMEOUT = 1649;
const CERTIFICATE_TIMEOUT = 1910;
const CERTIFICATE_TOO_LARGE = 1911;
const INVALID_CERTIFICATE = 1913;
const CERTIFICATE_NOT_FOUND = 1916;

/** Texts of u-blox's own numbers; those of 27.007 have lower-case texts. */
export const ERROR_TEXTS: ReadonlyMap<number, string> = new Map([
  [FILE_NOT_FOUND, "FILE NOT FOUND"],
  [FILE_RANGE, "FFS file range"],
  [NOT_ENOUGH_SPACE, "NOT ENOUGH FREE SPACE"],
  [INVALID_FILE_NAME, "FFS invalid filename"],
  [FILE_TIMEOUT, "FFS TIMEOUT"],
  [CERTIFICATE_TIMEOUT, "USECMNG import timeout expired (no input for > 20 s)"],
  [CERTIFICATE_TOO_LARGE, "USECMNG import file size exceeds limit"],
  [INVALID_CERTIFICATE, "USECMNG invalid certificate/key format"],
  [CERTIFICATE_NOT_FOUND, "USECMNG internal name not found"],
]);

export const notAllowed = () => new CommandError(NOT_ALLOWED);
export const notSupported = () => new CommandError(NOT_SUPPORTED);
export const textTooLong = () => new CommandError(TEXT_TOO_LONG);
export const incorrectParameters = () => new CommandError(INCORRECT_PARAMETERS);
export const fileNotFound = () => new CommandError(FILE_NOT_FOUND);
export const fileRange = () => new CommandError(FILE_RANGE);
export const notEnoughSpace = () => new CommandError(NOT_ENOUGH_SPACE);
export const invalidFileName = () => new CommandError(INVALID_FILE_NAME);
export const fileTimeout = () => new CommandError(FILE_TIMEOUT);
export const certificateTimeout = () => new CommandError(CERTIFICATE_TIMEOUT);
export const certificateTooLarge = () => new CommandError(CERTIFICATE_TOO_LARGE);
export const invalidCertificate = () => new CommandError(INVALID_CERTIFICATE);
export const certificateNotFound = () => new CommandError(CERTIFICATE_NOT_FOUND);
/** Plain `ERROR` in every mode of +CMEE. */
export const plainError = () => new PlainError();
