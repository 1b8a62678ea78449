/** Characters of a name (RFC 1035 2.3.4), and of the longest text of an IPv6 address. */
const MAX_NAME = 253;
const MAX_ADDRESS = 45;
/** Labels of letters, digits and hyphens (RFC 1123 2.1), and underscores, which occur in practice. */
const NAME = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?$/i;
const ASCII = /^[\x20-\x7e]*$/;
/** What ends the host in a URL, and what a name can't have anyway. */
const NO_LETTERS = /[\s\p{Cc}/?#@\\:%[\]"<>^|`{}]/u;

/**
 * A host as modems and name servers take it: a name, with letters beyond ASCII in `xn--` form (RFC 5891), or an address,
 * IPv6 without brackets. Undefined where the text is neither. Knows nothing of Node.js, so that dialogs can ask too.
 */
export function asciiHost(text: string): string | undefined {
  // Before it is matched: a text from a message may have any length.
  if (text.length > MAX_NAME + 1) return undefined;
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (bare.includes(":")) return isIpv6(bare) ? bare : undefined;
  const name = ASCII.test(text) ? text : encoded(text);
  return name !== undefined && name.length <= MAX_NAME + (name.endsWith(".") ? 1 : 0) && NAME.test(name)
    ? name
    : undefined;
}

export function isIpv6(text: string): boolean {
  return text.length <= MAX_ADDRESS && /^[\da-f:.]*$/i.test(text) && URL.canParse(`http://[${text}]/`);
}

/** By the URL parser, which has the tables for it (UTS 46); it would cut a text at what ends a host. */
function encoded(text: string): string | undefined {
  if (NO_LETTERS.test(text) || !URL.canParse(`http://${text}/`)) return undefined;
  return new URL(`http://${text}/`).hostname;
}
