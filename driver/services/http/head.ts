/** The head of a response as it came over the network. */
export interface ResponseHead {
  readonly statusCode: number;
  /** Names in lower case; repeated fields as Node's `http` gives them. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Bytes before the body, interim (1xx) heads included. */
  readonly length: number;
}

/** Of these Node keeps the first and drops the others (`http.IncomingMessage.headers`). */
const SINGLE = new Set([
  "age",
  "authorization",
  "content-length",
  "content-type",
  "etag",
  "expires",
  "from",
  "host",
  "if-modified-since",
  "if-unmodified-since",
  "last-modified",
  "location",
  "max-forwards",
  "proxy-authorization",
  "referer",
  "retry-after",
  "server",
  "user-agent",
]);

const STATUS_LINE = /^HTTP\/\d(?:\.\d)? (\d{3})(?: |$)/;

const LF = 0x0a;
const CR = 0x0d;
/** Line ends before a status line. */
const MOST_LINE_ENDS = 8;

/**
 * Finds the final head at the beginning of `raw`, past any interim ones (100, 103; RFC 9110 15.2), and past line ends,
 * which some servers send before it (RFC 9112 2.2).
 * Undefined when the bytes don't begin with a head, or with one that is not complete yet.
 */
export function parseResponseHead(raw: Buffer): ResponseHead | undefined {
  for (let start = 0; ; ) {
    start = behindLineEnds(raw, start);
    const end = headEnd(raw, start);
    if (end === undefined) return undefined;
    const [status = "", ...fields] = raw.toString("latin1", start, end).trimEnd().split(/\r?\n/);
    const statusCode = Number(STATUS_LINE.exec(status)?.[1]);
    if (Number.isNaN(statusCode)) return undefined;
    if (statusCode >= 200 || statusCode === 101) return { statusCode, headers: parseFields(fields), length: end };
    start = end;
  }
}

/**
 * Number of body bytes that the head announces; undefined where it does not, or uses another framing, and NaN where what
 * it says is no number.
 */
export function contentLength(head: ResponseHead): number | undefined {
  const value = head.headers["content-length"];
  if (typeof value !== "string" || isCoded(head)) return undefined;
  // The same number several times is one that a proxy has joined (RFC 9110 8.6).
  const counts = new Set(value.split(",").map((count) => (/^\d+$/.test(count.trim()) ? Number(count) : Number.NaN)));
  return counts.size === 1 ? [...counts][0] : Number.NaN;
}

/** Whether the body has another framing than a length, which then counts for nothing (RFC 9112 6.3). */
export function isCoded({ headers }: ResponseHead): boolean {
  const coding = headers["transfer-encoding"];
  return coding !== undefined && !/^identity$/i.test(String(coding));
}

function headEnd(raw: Buffer, start: number): number | undefined {
  for (let at = raw.indexOf(LF, start); at >= 0; at = raw.indexOf(LF, at + 1)) {
    const next = raw[at + 1] === CR ? at + 2 : at + 1;
    if (raw[next] === LF) return next + 1;
  }
  return undefined;
}

function behindLineEnds(raw: Buffer, start: number): number {
  let at = start;
  while (at < start + MOST_LINE_ENDS && (raw[at] === CR || raw[at] === LF)) at += 1;
  return at;
}

function parseFields(lines: readonly string[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = Object.create(null);
  for (const line of unfold(lines)) {
    const colon = line.indexOf(":");
    if (colon > 0) add(headers, line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { ...headers };
}

/** A line that begins with a blank continues the one before (RFC 9112 5.2). */
function unfold(lines: readonly string[]): string[] {
  const whole: string[] = [];
  for (const line of lines) {
    const last = whole.length - 1;
    if (/^[ \t]/.test(line) && last >= 0) whole[last] += ` ${line.trim()}`;
    else whole.push(line);
  }
  return whole;
}

function add(headers: Record<string, string | string[]>, name: string, value: string): void {
  const before = headers[name];
  if (name === "set-cookie") headers[name] = [...(Array.isArray(before) ? before : []), value];
  else if (before === undefined) headers[name] = value;
  // Two lengths that differ are none (RFC 9112 6.3).
  else if (!SINGLE.has(name) || (name === "content-length" && before !== value))
    headers[name] = `${before}${name === "cookie" ? "; " : ", "}${value}`;
}
