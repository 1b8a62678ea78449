import { isIP } from "node:net";
import { type Field, integer, quote, unquotable } from "../../at/fields";
import { withoutBrackets } from "../../cellular/addresses";
import { ModemError } from "../../errors";
import type { HttpMethod, HttpRequest } from "../../services/http/http";
import { isRedundant } from "../../services/http/redundant";
import { parseHttpUrl, requestTarget, urlCredentials } from "../../services/http/target";
import type { SecurityProfile } from "../../services/security/security";
import { addressFamily } from "../addresses";
import type { SecureServer } from "../security/server";
import type { UbloxTraits } from "../traits";
import { type ContentType, contentTypeOf } from "./content-type";

/** What +UHTTPC sends behind the header. */
export type RequestBody =
  | { readonly kind: "data"; readonly data: Field; readonly contentType: ContentType }
  | { readonly kind: "file"; readonly content: Uint8Array; readonly contentType: ContentType };

/** A request in the modem's terms: every field is checked and quoted before the first command goes out. */
export interface RequestPlan {
  /** For messages; without credentials. */
  readonly operation: string;
  readonly method: HttpMethod;
  /** Number of the +UHTTPC command. */
  readonly command: number;
  /** +UHTTP key 0 takes an address, 1 a name. */
  readonly server: { readonly key: 0 | 1; readonly name: Field };
  readonly port: number;
  /** The profile and the server; of `https:` only. */
  readonly secure?: { readonly profile: SecurityProfile; readonly server: SecureServer };
  readonly path: Field;
  readonly auth?: { readonly user: Field; readonly password: Field };
  readonly headers: readonly Field[];
  /** `family` is undefined where the server is a name: it is what the context has. */
  readonly context?: { readonly cid: number; readonly family: 0 | 1 | undefined };
  readonly body?: RequestBody;
  /** The response is read twice: the modem has no checksum of a file. */
  readonly verified: boolean;
  readonly onProgress?: HttpRequest["onProgress"];
}

/** Numbers of +UHTTPC (guide 10.1). POST has two: from the command line, and from a file. */
const COMMANDS: Readonly<Record<HttpMethod, number>> = { HEAD: 0, GET: 1, DELETE: 2, PUT: 3, POST: 4 };
const POST_DATA = 5;

/** It makes one request a connection, whatever it says of that. */
const CONNECTION = ["close", "keep-alive"] as const;
/** The modem writes these itself; a second one would make the request ambiguous. */
const MODEM_HEADERS: ReadonlySet<string> = new Set(["host", "connection", "content-length", "transfer-encoding"]);
/** Whose values may be shown. Any other may hold a key: services have names of their own for theirs. */
const OPEN_HEADERS: ReadonlySet<string> = new Set([
  "accept",
  "accept-charset",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "content-encoding",
  "content-language",
  "date",
  "expect",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-unmodified-since",
  "pragma",
  "range",
  "user-agent",
]);
/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** @throws {ModemError} `INVALID_INPUT` naming the field, `NOT_SUPPORTED` */
export function planRequest(request: HttpRequest, model: UbloxTraits): RequestPlan {
  const { http: max, contexts } = model.limits;
  const url = parseHttpUrl(request);
  const host = withoutBrackets(url.hostname);
  const { contentType, headers } = separateContentType(request);
  const body = planBody(request, contentType, model);
  const written = { host: url.host, length: request.body?.length ?? 0, connection: CONNECTION };
  const secured = url.protocol === "https:" ? request.security : undefined;
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  return {
    operation: `${request.method} ${url.protocol}//${url.host}${url.pathname}`,
    method: request.method,
    command: body?.kind === "data" ? POST_DATA : COMMANDS[request.method],
    server: { key: isIP(host) === 0 ? 1 : 0, name: quote(host, { field: "url: server name", max: max.host }) },
    port,
    secure: secured && { profile: secured, server: { host, port } },
    path: planPath(url, max.path),
    auth: planAuth(request, url, max.credential),
    headers: planHeaders(
      headers.filter((field) => !isRedundant(field, written)),
      model,
    ),
    context: planContext(request.cid, host, contexts),
    body,
    verified: request.verify === "always",
    onProgress: request.onProgress,
  };
}

/** The query is kept from logs and errors: it often holds a key. */
function planPath(url: URL, max: number): Field {
  const path = quote(requestTarget(url), { field: "url: path", max });
  return url.search === "" ? path : { ...path, shown: `"${url.pathname}?***"` };
}

function planAuth({ auth }: HttpRequest, url: URL, max: number): RequestPlan["auth"] {
  const { user, password } = auth ?? urlCredentials(url) ?? { user: "", password: "" };
  if (user === "" && password === "") return undefined;
  return {
    user: quote(user, { field: "user", max, secret: true }),
    password: quote(password, { field: "password", max, secret: true }),
  };
}

function planContext(cid: number | undefined, host: string, max: number): RequestPlan["context"] {
  if (cid === undefined) return undefined;
  const family = isIP(host) === 0 ? undefined : addressFamily(host);
  return { cid: integer(cid, { field: "cid", min: 1, max }), family };
}

/** +UHTTP=…,9 takes `"<n>:<name>:<value>"`, n from 0 to 4. */
function planHeaders(headers: HttpRequest["headers"], { name: model, limits }: UbloxTraits): Field[] {
  const max = limits.http;
  if (headers.length > limits.headers) {
    throw new ModemError(
      "INVALID_INPUT",
      `headers: ${headers.length} are more than the ${limits.headers} that ${model} can send`,
    );
  }
  return headers.map(([name, value], index) => {
    if (!TOKEN.test(name)) throw new ModemError("INVALID_INPUT", `headers: ${JSON.stringify(name)} is no header name`);
    const key = name.toLowerCase();
    if (MODEM_HEADERS.has(key)) throw new ModemError("INVALID_INPUT", `headers: the modem writes ${name} itself`);
    const field = quote(`${index}:${name}:${value}`, { field: `headers: ${name}`, max: max.header });
    return OPEN_HEADERS.has(key) ? field : { ...field, shown: `"${index}:${name}:***"` };
  });
}

function separateContentType({ contentType, headers }: HttpRequest): Pick<HttpRequest, "contentType" | "headers"> {
  const isContentType = ([name]: readonly [string, string]): boolean => name.toLowerCase() === "content-type";
  return {
    contentType: contentType ?? headers.find(isContentType)?.[1],
    headers: headers.filter((header) => !isContentType(header)),
  };
}

function planBody(
  { method, body }: HttpRequest,
  type: string | undefined,
  { name, limits }: UbloxTraits,
): RequestBody | undefined {
  const content = body ?? new Uint8Array();
  if (method !== "POST" && method !== "PUT") {
    if (content.length === 0) return undefined;
    const text = `${name} can't send a body with ${method}; only POST and PUT take one`;
    // Other modems send one with DELETE, so it is this payload that can't be used.
    throw new ModemError(method === "DELETE" ? "INVALID_INPUT" : "NOT_SUPPORTED", `payload: ${text}`);
  }
  const contentType = contentTypeOf(type);
  const max = limits.http.data;
  const text = Buffer.from(content).toString("latin1");
  if (method === "POST" && unquotable(text, max) === undefined) {
    return { kind: "data", data: quote(text, { field: "payload", max, secret: true }), contentType };
  }
  return { kind: "file", content, contentType };
}
