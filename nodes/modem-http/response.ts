import type { HttpResponse } from "../../driver/services/http/http";
import type { Message } from "../common/types";
import { responseCookies } from "./cookies";
import { HEADER_MARK, headerMark } from "./header-mark";
import type { Answered } from "./redirects";
import type { RETURN_TYPES } from "./types";

export type ReturnType = (typeof RETURN_TYPES)[number];

/**
 * The message properties for an answer.
 *
 * As in the core node, a body that should be JSON and is not stays a text, and `warn` is called: the status code often
 * says why, and a flow can look at it.
 */
export function responseMessage(
  { response, url, redirectList }: Answered,
  ret: ReturnType,
  warn: (reason: string) => void,
): Partial<Message> {
  const cookies = responseCookies(response.headers);
  return {
    payload: responsePayload(response, ret, warn),
    statusCode: response.statusCode,
    headers: { ...response.headers, [HEADER_MARK]: headerMark(response.headers) },
    responseUrl: url,
    redirectList,
    ...(cookies === undefined ? {} : { responseCookies: cookies }),
  };
}

function responsePayload({ body, statusCode }: HttpResponse, ret: ReturnType, warn: (reason: string) => void): unknown {
  if (ret === "bin") return body;
  const text = body.toString("utf8");
  if (ret === "txt") return text;
  // An answer without content is an empty object, as in the core node.
  if (statusCode === 204) return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    warn((error as Error).message);
    return text;
  }
}
