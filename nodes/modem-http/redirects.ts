import { isModemError, ModemError } from "../../driver/errors";
import type { HttpRequest, HttpResponse } from "../../driver/services/http/http";
import { CookieJar } from "./cookie-jar";
import { type OwnCookie, type ResponseCookies, responseCookies } from "./cookies";
import { redirectTarget } from "./url";

/** A request as the flow asks for it. */
export type Asked = Omit<HttpRequest, "security" | "signal" | "onProgress"> & {
  readonly cookies: readonly OwnCookie[];
  readonly followRedirects: boolean;
};

export interface Redirect {
  readonly location: string;
  readonly cookies?: ResponseCookies;
}

/** The last answer, and the way to it. */
export interface Answered {
  readonly response: HttpResponse;
  readonly url: string;
  readonly redirectList: readonly Redirect[];
}

/** What sends a request, and what an https: URL is connected with. */
export interface Sender {
  send(request: HttpRequest): Promise<HttpResponse>;
  /** @throws {ModemError} `INVALID_INPUT` where an https: URL has no security profile */
  security(url: string): HttpRequest["security"];
}

const MAX_REDIRECTS = 5;
const SHOWN_LENGTH = 200;
/** RFC 9110 15.4; 304 and 305 tell of something else. */
const REDIRECTS = new Set([300, 301, 302, 303, 307, 308]);
/** The one that asks for a GET, whatever the request was; with the others the core node keeps method and body. */
const SEE_OTHER = 303;
/** What no other server than the asked one may see. */
const OWN_SERVER_ONLY = new Set(["authorization", "proxy-authorization", "cookie"]);

type Step = Pick<HttpRequest, "method" | "url" | "headers" | "contentType" | "body" | "auth">;

/**
 * Requests, and follows redirects within one limit of time, as the core node does.
 *
 * @throws {ModemError} `PROTOCOL_ERROR` for a redirect that can't be followed, and one too many
 */
export async function requestFollowing(asked: Asked, sender: Sender): Promise<Answered> {
  const { cookies, followRedirects, timeout, cid, verify, ...first } = asked;
  const operation = operationOf(first);
  const end = performance.now() + timeout;
  const jar = new CookieJar(first.url, cookies);
  const redirectList: Redirect[] = [];
  let step: Step = first;
  for (;;) {
    const left = Math.ceil(end - performance.now());
    if (left <= 0) throw late(operation, redirectList.length, timeout);
    const request = {
      ...withCookies(step, jar),
      timeout: left,
      ...optional("cid", cid),
      ...optional("verify", verify),
    };
    const response =
      redirectList.length === 0
        ? await sender.send({ ...request, ...optional("security", sender.security(step.url)) })
        : await sendOn(request, sender, `${operation} was redirected to ${placeOf(step.url)}`);
    const { headers, statusCode } = response;
    jar.take(headers["set-cookie"], step.url);
    const { location } = headers;
    const isFollowed = followRedirects && typeof location === "string" && location !== "" && REDIRECTS.has(statusCode);
    if (!isFollowed) return { response, url: step.url, redirectList };
    redirectList.push({ location, ...optional("cookies", responseCookies(headers)) });
    if (redirectList.length > MAX_REDIRECTS) throw tooMany(operation, step.url);
    step = nextStep(step, statusCode, redirectTarget(location, step.url, operationOf(step)));
  }
}

/** Something has been sent already: an error must not say that nothing was, unless the flow's author can help it. */
async function sendOn(request: HttpRequest, sender: Sender, redirected: string): Promise<HttpResponse> {
  const security = securityFor(request.url, sender, redirected);
  try {
    return await sender.send({ ...request, ...optional("security", security) });
  } catch (error) {
    if (!isModemError(error, "INVALID_INPUT")) throw error;
    throw new ModemError("PROTOCOL_ERROR", `${redirected}, which the modem can't request: ${error.message}`);
  }
}

function securityFor(url: string, sender: Sender, redirected: string): HttpRequest["security"] {
  try {
    return sender.security(url);
  } catch (error) {
    throw isModemError(error) ? new ModemError(error.code, `${redirected}. ${error.message}`) : error;
  }
}

/** The next request. HEAD stays what it is: it wants no body. */
function nextStep(before: Step, statusCode: number, url: string): Step {
  const { method, url: from, headers, auth, contentType, body } = before;
  const isKept = statusCode !== SEE_OTHER || method === "HEAD" || method === "GET";
  const sameServer = serverOf(url) === serverOf(from);
  const fields = headers.filter(([name]) => {
    const key = name.toLowerCase();
    return (sameServer || !OWN_SERVER_ONLY.has(key)) && (isKept || !key.startsWith("content-"));
  });
  return {
    method: isKept ? method : "GET",
    url,
    headers: fields,
    ...(isKept ? { ...optional("contentType", contentType), ...optional("body", body) } : {}),
    ...(sameServer ? optional("auth", auth) : {}),
  };
}

function withCookies(step: Step, jar: CookieJar): Step {
  const cookie = jar.header(step.url);
  return cookie === undefined ? step : { ...step, headers: [...step.headers, ["Cookie", cookie]] };
}

/** Host and port. */
function serverOf(text: string): string {
  const { hostname, port, protocol } = new URL(text);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

/** Without the query, which often holds a key, and cut to what a sentence can bear. */
function placeOf(text: string): string {
  const { origin, pathname } = new URL(text);
  const place = `${origin}${pathname}`;
  return place.length > SHOWN_LENGTH ? `${place.slice(0, SHOWN_LENGTH)}…` : place;
}

function operationOf({ method, url }: Pick<Step, "method" | "url">): string {
  return `${method} ${placeOf(url)}`;
}

function tooMany(operation: string, last: string): ModemError {
  return new ModemError(
    "PROTOCOL_ERROR",
    `${operation} was redirected more than ${MAX_REDIRECTS} times, last by ${placeOf(last)}; perhaps the server wants a cookie or a login`,
  );
}

/** @param timeout ms */
function late(operation: string, redirects: number, timeout: number): ModemError {
  const seconds = Math.max(0.1, Math.round(timeout / 100) / 10);
  return new ModemError(
    "MODEM_TIMEOUT",
    `${operation}: no final answer within ${seconds} s; redirects on the way: ${redirects}`,
  );
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
