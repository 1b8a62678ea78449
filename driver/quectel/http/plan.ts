import { isEscape } from "../../at/data-mode/escape";
import { withoutBrackets } from "../../cellular/addresses";
import { ModemError } from "../../errors";
import type { HttpMethod, HttpRequest } from "../../services/http/http";
import { parseHttpUrl, requestTarget, urlCredentials } from "../../services/http/target";
import { planSsl, type SslPlan } from "../security/plan";
import type { QuectelTraits } from "../traits";
import { basicCredentials, checkHeaders, writeHead } from "./request-head";

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
  readonly method: HttpMethod;
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
  /** The response is read with a checksum, however short it is. */
  readonly verified: boolean;
  readonly onProgress: HttpRequest["onProgress"];
}

/** Checks a request and decides how it is written. @throws {ModemError} `INVALID_INPUT`, `NOT_SUPPORTED` */
export function planRequest(request: HttpRequest, model: QuectelTraits): RequestPlan {
  const { method, cid, onProgress, verify } = request;
  const url = parseHttpUrl(request);
  const operation = `${method} ${url.protocol}//${url.host}${url.pathname}`;
  const body = Buffer.from(request.body ?? []);
  const { fields, contentType: typeField } = checkHeaders(request.headers, url.host, model.name);
  const type = request.contentType ?? typeField;
  const credentials = request.auth ?? urlCredentials(url);
  const known = CONTENT_TYPES.get((type ?? UNTYPED).toLowerCase());
  const verified = verify === "always";
  const tls = planTls(url, request, model);
  const plan = { method, operation, url: wireUrl(url, model), cid, tls, verified, onProgress };
  if (fields.length === 0 && credentials === undefined) {
    if (method === "GET" && body.length === 0)
      return { ...plan, ownHead: false, contentType: undefined, payload: body };
    const usual = method === "POST" && known !== undefined && body.length > 0 && !isEscape(body);
    if (usual) return { ...plan, ownHead: false, contentType: known, payload: body };
  }
  const authorization = credentials === undefined ? undefined : basicCredentials(credentials);
  const payload = Buffer.concat([writeHead({ method, url, fields, type, authorization, body }), body]);
  if (goesByGet(method) && payload.length > model.limits.http.get) {
    throw new ModemError(
      "INVALID_INPUT",
      `${operation}: headers and body have ${payload.length} bytes, ${model.name} takes ${model.limits.http.get}`,
    );
  }
  return { ...plan, ownHead: true, contentType: undefined, payload };
}

/** QHTTPGET sends what its own head asks for, and does not wait for a body before it connects; all else is QHTTPPOST's. */
export function goesByGet(method: HttpMethod): boolean {
  return method === "GET" || method === "HEAD";
}

function planTls(url: URL, { security, timeout }: HttpRequest, model: QuectelTraits): TlsPlan | undefined {
  if (url.protocol !== "https:" || security === undefined) return undefined;
  const host = withoutBrackets(url.hostname);
  return { host, port: Number(url.port || HTTPS_PORT), ssl: planSsl(security, model, { host, timeout }) };
}

function wireUrl(url: URL, { name, limits }: QuectelTraits): string {
  const wire = `${url.protocol}//${url.host}${requestTarget(url)}`;
  if (wire.length > limits.http.url) {
    throw new ModemError("INVALID_INPUT", `url is too long: ${wire.length} bytes, ${name} takes ${limits.http.url}`);
  }
  return wire;
}
