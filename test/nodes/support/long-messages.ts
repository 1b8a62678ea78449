const MILLION = 1_000_000;

/** Characters that expressions, parsers and encoders treat in ways of their own. */
export const CHARACTERS = [" ", "\t", "\n", "a", "9", "%", "{", "}", '"', ",", "/", ":", "€", "\u0000", "\ud800"];

/** A field of a message, or of a dialog by its template, that gets a long text. */
export interface LongField {
  readonly node: { readonly type: string } & Readonly<Record<string, unknown>>;
  readonly field: string;
  readonly message: (text: string) => Readonly<Record<string, unknown>>;
}

type Rest = Readonly<Record<string, unknown>>;

/** The fields of a node, each by its name and set to the text. */
const fields = (node: LongField["node"], rest: Rest, ...names: string[]): LongField[] =>
  names.map((field) => ({ node, field: `msg.${field}`, message: (text) => ({ ...rest, [field]: text }) }));

const one = (node: LongField["node"], field: string, message: LongField["message"]): LongField => ({
  node,
  field,
  message,
});

const HTTP = { type: "modem-http", url: "http://server.example/" };
const SOCKET = { type: "modem-socket", host: "", port: "" };
const PDP = { type: "modem-pdp", action: "msg" };
const TLS = { type: "modem-tls-profile", action: "msg" };

/** All fields of all nodes that take a text, but for payloads that are sent as they are. */
export const LONG_FIELDS: readonly LongField[] = [
  ...fields({ ...HTTP, url: "" }, {}, "url"),
  ...fields({ ...HTTP, method: "use" }, {}, "method"),
  ...fields(HTTP, {}, "headers", "cid", "requestTimeout", "cookies"),
  one(HTTP, "a header's value", (text) => ({ headers: { "X-A": text } })),
  one(HTTP, "a header's name", (text) => ({ headers: { [text]: "a" } })),
  one(HTTP, "the content type", (text) => ({ headers: { "content-type": text } })),
  one(HTTP, "a marked header", (text) => ({ headers: { "X-A": text, "x-node-red-request-node": "00000000" } })),
  one(HTTP, "a cookie", (text) => ({ cookies: { a: text } })),
  one(HTTP, "a query's value", (text) => ({ payload: { a: text } })),
  one(HTTP, "a query's name", (text) => ({ payload: { [text]: "a" } })),
  one({ ...HTTP, url: "http://{{payload}}/" }, "a template of a URL", (payload) => ({ payload })),
  one({ ...HTTP, url: "http://server.example/?{{{payload}}}" }, "a template of a query", (payload) => ({ payload })),
  ...fields(PDP, { host: "a", cid: 1 }, "action"),
  ...fields(PDP, { action: "ping", host: "a" }, "host", "cid", "count", "size", "timeout", "ttl"),
  ...fields(PDP, { action: "resolve" }, "host"),
  ...fields(PDP, { action: "activate" }, "apn"),
  one({ ...PDP, host: "{{payload}}", action: "ping" }, "a template of a host", (payload) => ({ payload })),
  ...fields(SOCKET, { payload: "a", host: "a", port: 7 }, "host", "port", "action"),
  ...fields({ ...SOCKET, protocol: "udp" }, { payload: "a", host: "a", port: 7 }, "host", "port"),
  ...fields({ ...SOCKET, role: "listen", localPort: 7000 }, { payload: "a", socket: 1 }, "socket", "ip", "port"),
  one({ ...SOCKET, host: "{{payload}}", port: "7" }, "a template of a host", (payload) => ({ payload })),
  one({ ...SOCKET, host: "a", port: "{{payload}}" }, "a template of a port", (payload) => ({ payload })),
  ...fields({ type: "modem-at" }, {}, "command", "payload"),
  ...fields({ type: "modem-at" }, { command: "AT+USOWR=0,3" }, "data"),
  one({ type: "modem-at", command: "AT+X={{payload}}" }, "a template of a command", (payload) => ({ payload })),
  ...fields(TLS, { kind: "ca", certificateName: "a" }, "action"),
  ...fields({ ...TLS, action: "hash" }, { kind: "ca", certificateName: "a" }, "kind", "certificateName"),
  ...fields(
    { ...TLS, action: "import" },
    { kind: "key", certificateName: "a", payload: "x" },
    "payload",
    "filename",
    "password",
  ),
  one({ ...TLS, action: "session" }, "a session's data", (data) => ({ payload: { type: "id", data } })),
  one({ ...TLS, action: "session" }, "a session's server", (server) => ({
    payload: { type: "ticket", data: "AAAA", server },
  })),
];

/** A million of the character, alone and between others. */
export function longTexts(character: string): readonly string[] {
  return [character.repeat(MILLION), `a${character.repeat(MILLION)}b`];
}
