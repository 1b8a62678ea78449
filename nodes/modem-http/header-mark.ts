/** The field in `msg.headers` by which request nodes recognise the headers of an answer. */
export const HEADER_MARK = "x-node-red-request-node";

/**
 * The mark of an answer's headers: the core `http request` node's, which is a `hash-sum` of them.
 *
 * A message often goes from one request to the next. It then carries the headers of the first answer, which the flow's
 * author does not mean to send unless a node in between changed them. Since the mark is the core node's, this also
 * works between core's requests and ours.
 */
export function headerMark(headers: Readonly<Record<string, string | string[]>>): string {
  return foldValue(0, "", headers).toString(16).padStart(8, "0");
}

type Hashed = string | readonly string[] | Readonly<Record<string, string | string[]>>;

/** hash-sum folds a value's key, class and type, then its members sorted by key, then its text. */
function foldValue(hash: number, key: string, value: Hashed): number {
  const named = foldText(hash, key);
  const classified = foldText(named, Object.prototype.toString.call(value));
  const typed = foldText(classified, typeof value);
  if (typeof value === "string") return foldText(typed, value);
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  const folded = members.reduce((sum, [name, member]) => foldValue(sum, name, member), typed);
  // Not String(value): a field may be called toString.
  return foldText(folded, Array.isArray(value) ? value.join(",") : "[object Object]");
}

/** 31-fold hash over UTF-16 units in 32 bits; hash-sum doubles a negative one to tell it from its positive. */
function foldText(hash: number, text: string): number {
  if (text === "") return hash;
  let sum = hash;
  for (let index = 0; index < text.length; index += 1) {
    sum = (Math.imul(sum, 31) + text.charCodeAt(index)) | 0;
  }
  return sum < 0 ? sum * -2 : sum;
}
