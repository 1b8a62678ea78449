import type { HttpMethod } from "../../driver/services/http/http";
import { bytesOf } from "../common/message/bytes";
import { jsonText } from "../common/message/json";
import { formText } from "./form";
import { mediaType } from "./media-type";
import { multipartBody } from "./multipart";

export interface RequestBody {
  readonly body?: Buffer;
  /** The body's type, where it is not the stated one. */
  readonly contentType?: string;
}

/** As in the core node; the modem may refuse a DELETE's. */
const WITHOUT_BODY: readonly HttpMethod[] = ["GET", "HEAD"];

/**
 * The bytes of `msg.payload`, as in the core node: texts and bytes unchanged, an object as what the content type asks
 * for, a form or its parts, everything else as JSON.
 *
 * @throws {ModemError} `INVALID_INPUT` when the payload can't be written so
 */
export function requestBody(method: HttpMethod, payload: unknown, stated: string | undefined): RequestBody {
  if (WITHOUT_BODY.includes(method) || payload === undefined) return {};
  const bytes = bytesOf(payload);
  // A copy, since the flow may use its own again while the message waits for the modem.
  if (bytes !== undefined) return { body: Buffer.from(bytes) };
  if (typeof payload === "string" || typeof payload === "number") return { body: Buffer.from(String(payload)) };
  if (typeof payload === "object" && payload !== null) {
    const { type, boundary } = mediaType(stated ?? "");
    if (type === "multipart/form-data") return multipartBody(payload, stated ?? "", boundary);
    if (type === "application/x-www-form-urlencoded") return { body: Buffer.from(formText({ ...payload })) };
  }
  return {
    body: Buffer.from(jsonText(payload, "msg.payload")),
    ...(stated === undefined ? { contentType: "application/json" } : {}),
  };
}
