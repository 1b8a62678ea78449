import { isIPv6 } from "node:net";
import { effectivePort, type HttpProfile } from "./profile";

/** Fixed text of u-blox's client between the parts of a form (AT manual of SARA-R4, 22.3.4). */
const BOUNDARY = "U1Blox2Http3Unique4Boundary5";
export const MULTIPART = "multipart/form-data";
const USER_AGENT = "UBlox LARA-R6/1.0.0 (N7/HTTP 1.1)";

export interface Body {
  readonly type: string;
  readonly content: Buffer;
}

/** The request as the modem's client writes it, header and body. */
export function writeRequest(method: string, path: string, profile: HttpProfile, body: Body | undefined): Buffer {
  const fields = new Map<string, readonly [name: string, value: string]>();
  const set = (name: string, value: string) => fields.set(name.toLowerCase(), [name, value]);
  set("Host", hostField(profile));
  set("User-Agent", USER_AGENT);
  set("Connection", "keep-alive");
  if (profile.basicAuthentication) {
    set("Authorization", `Basic ${Buffer.from(`${profile.user}:${profile.password}`, "latin1").toString("base64")}`);
  }
  if (body !== undefined) {
    set("Content-Type", body.type === MULTIPART ? `${MULTIPART}; boundary=${BOUNDARY}` : body.type);
    set("Content-Length", `${body.content.length}`);
  }
  // A custom header replaces the client's.
  for (const field of profile.headers.values()) {
    const colon = field.indexOf(":");
    set(field.slice(0, colon), field.slice(colon + 1).trimStart());
  }
  const lines = [...fields.values()].map(([name, value]) => `${name}: ${value}`);
  const head = [`${method} ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n");
  return Buffer.concat([Buffer.from(head, "latin1"), body?.content ?? Buffer.alloc(0)]);
}

/** The form that the client wraps around a file posted as multipart/form-data. */
export function wrapInForm(file: string, content: Buffer): Buffer {
  const start = [
    `--${BOUNDARY}`,
    `Content-Disposition: form-data; name="file_post"; filename="${file}"`,
    `Content-Length: ${content.length}`,
    "Content-Type: application/octet-stream",
    "",
    "",
  ].join("\r\n");
  return Buffer.concat([Buffer.from(start, "latin1"), content, Buffer.from(`\r\n--${BOUNDARY}--\r\n\r\n`)]);
}

function hostField(profile: HttpProfile): string {
  const name = isIPv6(profile.server) ? `[${profile.server}]` : profile.server;
  const port = effectivePort(profile);
  return port === (profile.secure ? 443 : 80) ? name : `${name}:${port}`;
}
