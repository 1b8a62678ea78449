import { ModemError } from "../../errors";
import { isRedundant } from "../../services/http/redundant";
import { requestTarget } from "../../services/http/target";

type Field = readonly [name: string, value: string];

/** A field name, RFC 9110 5.1. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Framing is the driver's: the body goes as one piece of known length. */
const FORBIDDEN = new Set(["transfer-encoding", "trailer", "upgrade"]);

/** What an own head says of the connection. The modem's says keep-alive, and the connection ends all the same. */
const CONNECTION = ["close"] as const;

/** What a head is written from. */
export interface HeadParts {
  readonly method: string;
  readonly url: URL;
  readonly fields: readonly Field[];
  readonly type: string | undefined;
  readonly authorization: string | undefined;
  readonly body: Buffer;
}

/**
 * Checks the fields of a request; takes out what the driver or the modem writes: Content-Type, Content-Length, a Host
 * that agrees with the URL (guide 1.2.1 requires that it does), and a Connection that says only what is done anyway.
 *
 * @throws {ModemError} `INVALID_INPUT`, naming the field
 */
export function checkHeaders(
  headers: readonly Field[],
  host: string,
  model: string,
): { fields: Field[]; contentType: string | undefined } {
  let contentType: string | undefined;
  const fields = headers.filter(([name, value]) => {
    checkField(name, value);
    const lower = name.toLowerCase();
    if (lower === "content-type") contentType = value;
    if (isRedundant([name, value], { host, length: 0, connection: CONNECTION })) return false;
    if (lower === "host") {
      throw new ModemError("INVALID_INPUT", `header Host must agree with the URL, ${model} connects to the URL's host`);
    }
    return !["content-type", "content-length"].includes(lower);
  });
  return { fields, contentType };
}

/** The head as guide 1.2.1 wants it, blank line included. */
export function writeHead({ method, url, fields, type, authorization, body }: HeadParts): Buffer {
  if (type !== undefined) checkField("Content-Type", type);
  const given = new Set(fields.map(([name]) => name.toLowerCase()));
  const withBody = body.length > 0 || method === "POST" || method === "PUT";
  const own: (Field | undefined)[] = [
    ["Accept", "*/*"],
    // The name that the modem gives itself in its own heads; some servers refuse a request without one.
    ["User-Agent", "QUECTEL_MODULE"],
    // The end of the connection shows the end of the response.
    ["Connection", "close"],
    authorization === undefined ? undefined : ["Authorization", authorization],
  ];
  const lines: Field[] = [
    ["Host", url.host],
    ...fields,
    ...own.filter((field) => field !== undefined).filter(([name]) => !given.has(name.toLowerCase())),
  ];
  if (body.length > 0 && type !== undefined) lines.push(["Content-Type", type]);
  if (withBody) lines.push(["Content-Length", String(body.length)]);
  const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.from(`${method} ${requestTarget(url)} HTTP/1.1\r\n${text}\r\n`, "latin1");
}

/** RFC 7617. @throws {ModemError} `INVALID_INPUT` */
export function basicCredentials({ user, password }: { user: string; password: string }): string {
  if (user.includes(":"))
    throw new ModemError("INVALID_INPUT", "user contains a colon, which basic authentication can't carry");
  return `Basic ${Buffer.from(`${user}:${password}`, "utf8").toString("base64")}`;
}

function checkField(name: string, value: string): void {
  if (!NAME.test(name))
    throw new ModemError("INVALID_INPUT", `header ${JSON.stringify(name)} is not a valid field name`);
  if (FORBIDDEN.has(name.toLowerCase())) throw new ModemError("INVALID_INPUT", `header ${name} can't be set`);
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw new ModemError("INVALID_INPUT", `header ${name} contains a control character or one outside ISO 8859-1`);
  }
}
