import { isEscape } from "../../at/data-mode/escape";
import { withoutBrackets } from "../../cellular/addresses";
import { ModemError } from "../../errors";
import type { HttpRequest } from "../../services/http/http";
import { parseHttpUrl, requestTarget, urlCredentials } from "../../services/http/target";
import { planSsl, type SslPlan } from "../security/plan";
import { basicCredentials, checkHeaders, writeHead } from "./request-head";

/** Guide 2.2. */
const URL_LENGTH = 700;
/** Guide 2.3: QHTTPGET takes head and body of so many bytes. */
const GET_LENGTH = 2_048;
/** What QHTTPCFG "contenttype" can say (guide 2.1). */
const CONTENT_TYPES: ReadonlyMap<string, number> = new Map([
  ["application/x-www-form-urlencoded", 0],
  ["text/plain", 1],
  ["application/octet-stream", 2],
  ["multipart/form-data", 3],
]);
const HTTPS_PORT = 443;
/** A body without a type is just bytes (RFC 9110 8.3). */
const UNTYPED = "application/octet-stream";

/** The server of an https: URL, and how to talk to it. */
export interface TlsPlan {
  /** An IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly ssl: SslPlan;
}

/** A request as the modem will get it, checked. */
export interface RequestPlan {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** For messages: without query, since that may hold secrets. */
  readonly operation: string;
  readonly url: string;
  readonly cid: number | undefined;
  /** Of https: only. */
  readonly tls: TlsPlan | undefined;
  /** The payload begins with a head of the driver's; else the modem writes one (guide 1.2.1). */
  readonly ownHead: boolean;
  /** QHTTPCFG "contenttype"; undefined where it does not matter. */
  readonly contentType: number | undefined;
  readonly payload: Buffer;
  readonly onProgress: HttpRequest["onProgress"];
}

/** Checks a request and decides how it is written. @throws {ModemError} `INVALID_INPUT`, `NOT_SUPPORTED` */
export function planRequest(request: HttpRequest): RequestPlan {
  const { method, cid, onProgress } = request;
  if (method === "HEAD") throw new ModemError("NOT_SUPPORTED", "BG96 has no HEAD request; use GET");
  const url = parseHttpUrl(request);
  const operation = `${method} ${url.protocol}//${url.host}${url.pathname}`;
  const body = Buffer.from(request.body ?? []);
  const { fields, contentType: typeField } = checkHeaders(request.headers, url.host);
  const type = request.contentType ?? typeField;
  const credentials = request.auth ?? urlCredentials(url);
  const known = CONTENT_TYPES.get((type ?? UNTYPED).toLowerCase());
  const plan = { method, operation, url: wireUrl(url), cid, tls: planTls(url, request), onProgress };
  if (fields.length === 0 && credentials === undefined) {
    if (method === "GET" && body.length === 0)
      return { ...plan, ownHead: false, contentType: undefined, payload: body };
    const usual = method === "POST" && known !== undefined && body.length > 0 && !isEscape(body);
    if (usual) return { ...plan, ownHead: false, contentType: known, payload: body };
  }
  const authorization = credentials === undefined ? undefined : basicCredentials(credentials);
  const payload = Buffer.concat([writeHead({ method, url, fields, type, authorization, body }), body]);
  if (method === "GET" && payload.length > GET_LENGTH) {
    throw new ModemError(
      "INVALID_INPUT",
      `${operation}: headers and body have ${payload.length} bytes, BG96 takes ${GET_LENGTH}`,
    );
  }
  return { ...plan, ownHead: true, contentType: undefined, payload };
}

function planTls(url: URL, { security, timeout }: HttpRequest): TlsPlan | undefined {
  if (url.protocol !== "https:" || security === undefined) return undefined;
  const host = withoutBrackets(url.hostname);
  return { host, port: Number(url.port || HTTPS_PORT), ssl: planSsl(security, { host, timeout }) };
}

function wireUrl(url: URL): string {
  const wire = `${url.protocol}//${url.host}${requestTarget(url)}`;
  if (wire.length > URL_LENGTH) {
    throw new ModemError("INVALID_INPUT", `url is too long: ${wire.length} bytes, BG96 takes ${URL_LENGTH}`);
  }
  return wire;
}
