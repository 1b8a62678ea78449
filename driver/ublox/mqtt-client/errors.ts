import { normaliseErrorText } from "../../at/errors";
import { toInteger } from "../../at/fields";
import { askWhole, unlessRejected } from "../../cellular/commands";
import { type ErrorCode, isModemError, ModemError } from "../../errors";
import { query } from "../commands";
import type { ErrorMeaning } from "../error-tables";
import type { BrokerClient } from "./client";

/** What +UMQTTER answers: a class and a code within it (guide 6.8, 7.9). */
interface ClientFailure {
  readonly errorClass: number;
  readonly errorCode: number;
}

/** CME error 3: what the client answers while it works on another command, or is stuck. */
const NOT_ALLOWED = { code: 3, text: "operationnotallowed" } as const;

export function isNotAllowed(error: unknown): boolean {
  if (!isModemError(error, "MODEM_REJECTED")) return false;
  const { errorCode, errorText = "" } = error.cause;
  return errorCode === NOT_ALLOWED.code || normaliseErrorText(errorText) === NOT_ALLOWED.text;
}

/**
 * The error of an operation that failed, in the modem's words.
 *
 * @param otherwise what it is where the modem tells nothing (AT facts 5.2: 0), or what is not known
 */
export async function explainFailure(
  client: BrokerClient,
  operation: string,
  otherwise: ErrorMeaning,
): Promise<ModemError> {
  const failure = await lastError(client);
  const { errorClass, meanings } = client.protocol.errors;
  const known = failure?.errorClass === errorClass ? meanings.get(failure.errorCode) : undefined;
  const { code, text } = known ?? otherwise;
  const detail = failure === undefined || failure.errorCode === 0 ? "" : numbers(client, failure);
  return new ModemError(code, `${operation} failed: ${text}${detail}${REMEDIES.get(code) ?? ""}`, {
    command: `AT${client.protocol.control}`,
    ...(failure && { ...failure, result: `${client.protocol.lastError}: ${failure.errorClass},${failure.errorCode}` }),
    errorText: text,
  });
}

/** Undefined where the modem does not tell, or what it tells can't be read. */
async function lastError({ channel, protocol }: BrokerClient): Promise<ClientFailure | undefined> {
  const question = askWhole(channel, query(protocol.lastError, []), ([fields = [], ...more]) => {
    const [errorClass, errorCode] = fields.map(toInteger);
    const isWhole = more.length === 0 && fields.length === 2 && isCode(errorClass) && isCode(errorCode);
    return isWhole ? { errorClass, errorCode } : undefined;
  });
  return unlessRejected(question).catch((error: unknown) => {
    if (isModemError(error, "PROTOCOL_ERROR")) return undefined;
    throw error;
  });
}

function isCode(value: number | undefined): value is number {
  return value !== undefined && value >= 0;
}

function numbers({ protocol }: BrokerClient, { errorClass, errorCode }: ClientFailure): string {
  return ` (${protocol.name} error ${errorClass}, ${errorCode})`;
}

const REMEDIES: ReadonlyMap<ErrorCode, string> = new Map<ErrorCode, string>([
  ["CONNECT_FAILED", ". Check the server's address and port, and that the network lets them through."],
  ["NO_CONNECTION", ". Activate the data connection first."],
  ["NOT_REGISTERED", ". Wait for the network, or check the antenna."],
]);
