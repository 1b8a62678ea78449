import { invalid } from "../common/errors";
import { isEmpty, isPlainObject, notTooLong } from "../common/message/input";

/** A cookie as a request carries it: `name=value`. */
export interface OwnCookie {
  readonly name: string;
  readonly text: string;
}

/** RFC 6265 4.1.1. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
/** Characters of a value, as browsers take them; of a field, its attributes included. */
const MAX_VALUE = 4096;
export const MAX_COOKIE_FIELD = 16_384;
/** More than any header that a modem can send has room for. */
const MAX_COOKIES = 100;

/**
 * The cookies of a request, as in the core node: those of the header field, overridden by `msg.cookies`. That has a
 * value a name, or `{ value, encode }`, which is what `msg.responseCookies` of an earlier answer has; `null` counts as
 * not there.
 *
 * @throws {ModemError} `INVALID_INPUT`
 */
export function ownCookies(header: string | undefined, cookies: unknown): OwnCookie[] {
  const all = new Map(headerCookies(header ?? "").map((cookie) => [cookie.name, cookie]));
  if (isEmpty(cookies)) return [...all.values()];
  if (!isPlainObject(cookies)) throw invalid("msg.cookies", "must be an object: { name: value }");
  const names = Object.keys(cookies);
  if (names.length > MAX_COOKIES) {
    throw invalid("msg.cookies", `has ${names.length} cookies; at most ${MAX_COOKIES} are allowed`);
  }
  for (const name of names) {
    const value = cookieText(name, cookies[name]);
    if (value !== undefined) all.set(name, { name, text: `${name}=${value}` });
  }
  return [...all.values()];
}

function headerCookies(header: string): OwnCookie[] {
  const pieces = notTooLong(header, "headers.Cookie", MAX_COOKIE_FIELD)
    .split(";")
    .map((piece) => piece.trim());
  return pieces.filter((text) => text !== "").map((text) => ({ name: text.split("=", 1)[0]?.trim() ?? "", text }));
}

/** Undefined for one that is not to be sent. */
function cookieText(name: string, cookie: unknown): string | undefined {
  const field = `msg.cookies.${name.slice(0, 50)}`;
  notTooLong(name, "msg.cookies: a name");
  if (!NAME.test(name)) throw invalid(field, "has a name that a cookie can't have");
  const { value, encode = true } = isPlainObject(cookie) ? cookie : { value: cookie };
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
    throw invalid(field, "must be a text, or { value, encode }");
  }
  const bare = notTooLong(String(value), field, MAX_VALUE);
  const text = encode === false ? bare : encoded(bare, field);
  const isQuoted = text.length > 1 && text.startsWith('"') && text.endsWith('"');
  if (!VALUE.test(isQuoted ? text.slice(1, -1) : text))
    throw invalid(field, "has a value that a cookie can't have: leave out encode: false");
  return text;
}

function encoded(text: string, field: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    throw invalid(field, "contains half a character");
  }
}

export type ResponseCookies = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * `msg.responseCookies`, as the core node gives them: a name a cookie, with its `value` and the attributes that have
 * one, such as `Path`, named as the server does.
 */
export function responseCookies(headers: Readonly<Record<string, string | string[]>>): ResponseCookies | undefined {
  const fields = headers["set-cookie"];
  if (fields === undefined) return undefined;
  const cookies = [fields].flat().flatMap((field) => {
    const cookie = parsedCookie(field);
    return cookie === undefined ? [] : [cookie];
  });
  // Not by assignment: a server may name one __proto__.
  return Object.fromEntries(cookies);
}

/** The cookie's name and, under `value`, its value beside its attributes; undefined for what is no cookie. */
function parsedCookie(field: string): [name: string, attributes: Record<string, string>] | undefined {
  if (field.length > MAX_COOKIE_FIELD) return undefined;
  const [pair, ...rest] = field.split(";").map(nameAndValue);
  if (pair === undefined || pair[0] === "") return undefined;
  const [name, value] = pair;
  // Of what is there twice the first counts.
  const attributes = rest.filter((attribute) => attribute !== undefined && attribute[0] !== name).reverse();
  return [name, Object.fromEntries([...(attributes as [string, string][]), ["value", value]])];
}

function nameAndValue(piece: string): [name: string, value: string] | undefined {
  const at = piece.indexOf("=");
  return at < 0 ? undefined : [piece.slice(0, at).trim(), decoded(piece.slice(at + 1).trim())];
}

function decoded(value: string): string {
  const bare = value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  try {
    return bare.includes("%") ? decodeURIComponent(bare) : bare;
  } catch {
    return bare;
  }
}
