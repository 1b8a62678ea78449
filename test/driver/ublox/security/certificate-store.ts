import { X509Certificate } from "node:crypto";
import type { Peer } from "../../peer";
import { derOf, md5 } from "../../services/security/tls-fixtures";

const TAGS = ["CA", "CC", "PK", "SC", "VC", "PU"];

export interface StoreOptions {
  /** Most entries (16). */
  readonly limit?: number;
  /** What of an upload is stored: a line that loses bytes. */
  readonly receive?: (data: Buffer) => Buffer;
  /** The hash that is told of what is stored (of its DER). */
  readonly hash?: (content: Buffer) => string;
}

/** Gives a peer the module's certificate manager, over a map of `type name` to what was imported. */
export function addCertificateStore(
  peer: Peer,
  { limit = 16, receive = (data) => data, hash = (content) => md5(derOf(content)) }: StoreOptions = {},
): Map<string, Buffer> {
  const store = new Map<string, Buffer>();
  const told = (op: string, type = "", name = "") => {
    const content = store.get(`${type} ${name}`);
    if (content === undefined) return ["+CME ERROR: certificate or key not found"];
    return [`+USECMNG: ${op},${type},"${name}","${hash(content)}"`, "OK"];
  };
  peer.on(/^AT\+USECMNG=0,(\d),"([^"]*)",(\d+)(,"[^"]*")?$/, ([, type, name, size]) => {
    if (store.size >= limit) return ["+CME ERROR: memory full"];
    return {
      prompt: ">",
      bytes: Number(size),
      finish: (data) => {
        store.set(`${type} ${name}`, receive(data));
        return told("1", type, name);
      },
    };
  });
  peer.on(/^AT\+USECMNG=2,(\d),"([^"]*)"$/, ([, type, name]) =>
    store.delete(`${type} ${name}`) ? ["OK"] : ["+CME ERROR: certificate or key not found"],
  );
  peer.on(/^AT\+USECMNG=3$/, () => [...[...store].map(([key, content]) => listed(key, content)), "OK"]);
  peer.on(/^AT\+USECMNG=4,(\d),"([^"]*)"$/, ([, type, name]) => told("4", type, name));
  return store;
}

function listed(key: string, content: Buffer): string {
  const tag = TAGS[Number(key[0])];
  const name = `${tag},"${key.slice(2)}"`;
  if (tag === "PK" || tag === "PU") return name;
  const { subject, validTo } = new X509Certificate(content);
  const [day, time] = new Date(validTo).toISOString().split(/[T.]/);
  return `${name},"${subject.replace("CN=", "")}","${day?.replaceAll("-", "/")} ${time}"`;
}
