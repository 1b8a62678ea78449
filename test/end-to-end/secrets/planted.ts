import { createPrivateKey, type JsonWebKey, X509Certificate } from "node:crypto";

/** Characters of a secret that must not stand together anywhere: enough to be no accident, few enough to find fragments. */
const WINDOW = 12;
/** Fewer different characters are a pattern (`AAAAAAAAAAAA`) and say nothing. */
const LEAST_VARIETY = 5;
/** Characters of a line in front of a leak that are told, and by which two leaks count as one. */
const LONGEST_CONTEXT = 160;
const LEAST_CONTEXT = 80;
/** Parts of a private key (RFC 7518, 6.2.2 and 6.3.2); the others are in its certificate. */
const PRIVATE_PARTS = ["d", "p", "q", "dp", "dq", "qi"] as const;

/** What a secret turned up in, for messages: never the secret itself. */
export interface Leak {
  readonly secret: string;
  readonly place: string;
  /** What stands around it, the secret left out. */
  readonly context: string;
}

/** Secrets that were given to a flow, in every shape in which they may come by, and fragments of them. */
export class PlantedSecrets {
  readonly #names = new Map<string, string>();
  readonly #windows = new Map<string, string>();
  readonly #public = new Set<string>();

  /** What anybody may see and has parts in common with a secret: certificates. */
  open(pem: string): void {
    for (const form of formsOfBytes(new X509Certificate(pem).raw))
      for (const part of windows(form)) this.#public.add(part);
  }

  /** A password, an identity, a pre-shared key, a line of a file: a text. */
  text(name: string, secret: string): void {
    for (const form of formsOfText(secret)) this.#plant(name, form);
  }

  bytes(name: string, secret: Uint8Array): void {
    for (const form of formsOfBytes(secret)) this.#plant(name, form);
  }

  /** Base64, of one part or of two with a comma between. */
  session(name: string, data: string): void {
    for (const part of data.split(",")) {
      this.text(name, part);
      this.bytes(name, Buffer.from(part, "base64"));
    }
  }

  /** A private key: its PEM line for line, its other forms, and its numbers. */
  key(name: string, pem: string, passphrase?: string): void {
    const key = createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
    const specific = key.asymmetricKeyType === "ec" ? "sec1" : "pkcs1";
    const exports = (["pkcs8", specific] as const).map((type) => key.export({ type, format: "pem" }).toString());
    for (const form of [pem, ...exports]) for (const line of bodyLines(form)) this.text(name, line);
    for (const form of exports) this.#joined(name, form);
    const numbers = key.export({ format: "jwk" }) as JsonWebKey & Record<string, string | undefined>;
    for (const part of PRIVATE_PARTS) {
      const number = numbers[part];
      if (number !== undefined) this.bytes(name, Buffer.from(number, "base64url"));
    }
  }

  /** Where something of a secret stands in a text: each secret with the lines in front of it, as far as they differ. */
  find(place: string, text: string): Leak[] {
    const found = new Map<string, Leak>();
    for (const { at, secret } of [...this.#fragments(text), ...this.#short(text)]) {
      const start = text.lastIndexOf("\n", at) + 1;
      const before = text.slice(Math.max(start, at - LONGEST_CONTEXT), at).replace(/\d\d:\d\d:\d\d/, "");
      const leak = { secret, place, context: `${before}<${secret}>` };
      found.set(`${secret} ${before.slice(0, LEAST_CONTEXT)}`, leak);
    }
    return [...found.values()];
  }

  #fragments(text: string): { at: number; secret: string }[] {
    const hits: { at: number; secret: string }[] = [];
    for (const part of this.#public) this.#windows.delete(part);
    for (let at = 0; at + WINDOW <= text.length; at += 1) {
      const secret = this.#windows.get(text.slice(at, at + WINDOW));
      if (secret === undefined) continue;
      hits.push({ at, secret });
      // One for a line is enough.
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
    }
    return hits;
  }

  #short(text: string): { at: number; secret: string }[] {
    const hits = [...this.#names].map(([form, secret]) => ({ at: text.indexOf(form), secret }));
    return hits.filter(({ at }) => at >= 0);
  }

  /** A key in one line, as where line ends were lost. */
  #joined(name: string, pem: string): void {
    this.#plant(name, bodyLines(pem).join(""));
  }

  #plant(name: string, form: string): void {
    if (form.length < WINDOW) this.#names.set(form, name);
    for (const part of windows(form)) if (new Set(part).size >= LEAST_VARIETY) this.#windows.set(part, name);
  }
}

function windows(form: string): string[] {
  return Array.from({ length: Math.max(0, form.length - WINDOW + 1) }, (_, at) => form.slice(at, at + WINDOW));
}

function formsOfText(text: string): string[] {
  const written = [text, encodeURIComponent(text), encodeURI(text), JSON.stringify(text).slice(1, -1)];
  return [...new Set([...written, ...formsOfBytes(Buffer.from(text))])];
}

/** Base64 depends on where in a text the bytes begin. */
function formsOfBytes(secret: Uint8Array): string[] {
  const hex = Buffer.from(secret).toString("hex");
  const base64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), secret])
      .toString("base64")
      .replace(/=+$/, "");
    return text.slice(before === 0 ? 0 : before + 1, (secret.length + before) % 3 === 0 ? undefined : -1);
  });
  return [hex, hex.toUpperCase(), ...base64, ...base64.map(encodeURIComponent)];
}

function bodyLines(pem: string): string[] {
  return pem.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("-----") && !line.includes(":"));
}
