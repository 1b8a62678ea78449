import type { HttpMethod } from "../../driver/services/http/http";
import { bytesOf } from "../common/bytes";
import { invalid } from "../common/errors";
import { isPlainObject } from "../common/input";
import { formText } from "./form";

const FORM = "application/x-www-form-urlencoded";

export interface RequestBody {
  readonly body?: Buffer;
  /** The body's type if no other is stated. */
  readonly contentType?: string;
}

/** The methods whose requests have a body on the modems. */
const WITH_BODY: readonly HttpMethod[] = ["POST", "PUT"];

/**
 * The bytes of `msg.payload`, as in the core node: texts and Buffers unchanged, everything else as JSON, or as a form
 * if the content type asks for one.
 *
 * @throws {ModemError} `INVALID_INPUT` when the payload can't be written as JSON or as a form
 */
export function requestBody(method: HttpMethod, payload: unknown, contentType: string | undefined): RequestBody {
  if (!WITH_BODY.includes(method) || payload === undefined) return {};
  const bytes = bytesOf(payload);
  if (bytes !== undefined) return { body: Buffer.from(bytes) };
  if (typeof payload === "string" || typeof payload === "number") return { body: Buffer.from(String(payload)) };
  if (contentType?.toLowerCase() === FORM && isPlainObject(payload)) {
    return { body: Buffer.from(formText(payload)) };
  }
  return { body: Buffer.from(json(payload)), contentType: "application/json" };
}

function json(payload: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(payload);
  } catch (error) {
    throw invalid("msg.payload", `can't be written as JSON: ${(error as Error).message}`);
  }
  if (text === undefined) throw invalid("msg.payload", "can't be written as JSON");
  return text;
}
