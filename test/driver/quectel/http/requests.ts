import type { HttpRequest, HttpResponse } from "../../../../driver/services/http/http";
import type { Session } from "../session";

export const response = (body: Buffer | string, fields = ""): Buffer =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${fields}\r\n`),
    Buffer.from(body),
  ]);

export const GET = { method: "GET", url: "http://example.org/", headers: [], timeout: 80_000 } as const;
export const POST = {
  ...GET,
  method: "POST",
  contentType: "text/plain",
  body: Buffer.from("Message=HelloQuectel"),
} as const;

export function request(session: Session, fields: Partial<HttpRequest> = {}): Promise<HttpResponse> {
  return session.services.http.request({ ...GET, ...fields });
}

/** The commands that make and read a request. */
export const httpLines = ({ peer }: Session): string[] =>
  peer.commands.filter((line) => /^AT\+QHTTP(?!CFG|URL)/.test(line));
/** How many commands are of that kind. */
export const count = ({ peer }: Session, pattern: RegExp): number =>
  peer.commands.filter((line) => pattern.test(line)).length;
