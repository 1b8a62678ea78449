import { describe, expect, it } from "vitest";
import type { Message } from "../../../nodes/common/types";
import { type Security, tlsProfileRequest } from "../../../nodes/modem-tls-profile/request";
import { MODEM_TLS_PROFILE_DEFAULTS, type ModemTlsProfileProperties } from "../../../nodes/modem-tls-profile/types";

const SECURITY = { tls: "the node", profile: "its profile" } as unknown as Security;

const request = (given: Partial<ModemTlsProfileProperties>, message: object = {}) =>
  tlsProfileRequest(
    { name: "", version: 1, modem: "m", ...MODEM_TLS_PROFILE_DEFAULTS, ...given },
    message as Message,
    () => SECURITY,
  );
const refusal = (message: RegExp) =>
  expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringMatching(message) });

describe("the request of a modem-tls-profile message", () => {
  it("takes the action of the node, or of the message where the node leaves it", () => {
    expect(request({ action: "list" }, { action: "remove" })).toEqual({ action: "list" });
    expect(request({}, { action: "apply" })).toEqual({ action: "apply", ...SECURITY });
    expect(() => request({})).toThrow(refusal(/^msg\.action is missing.*apply, list, import/));
    for (const action of ["msg", "AT+USECMNG=3", { toString: () => "list" }]) {
      expect(() => request({}, { action })).toThrow(refusal(/^msg\.action must be one of/));
    }
  });

  it("imports what is in the message, with the password of a key only", () => {
    const message = { kind: "key", certificateName: "k 1", payload: "-----BEGIN…", password: "secret" };
    expect(request({ action: "import" }, message)).toEqual({
      action: "import",
      kind: "key",
      name: "k 1",
      source: { content: Buffer.from("-----BEGIN…"), password: "secret" },
    });
    expect(request({ action: "import" }, { ...message, kind: "ca", payload: new Uint8Array([48, 0]) })).toMatchObject({
      source: { content: Buffer.from([48, 0]) },
    });
    expect(request({ action: "import" }, { ...message, kind: "ca" })).not.toHaveProperty("source.password");
  });

  it("imports a file on the modem where the message has no content", () => {
    const message = { kind: "ca", certificateName: 7, filename: "ca.pem" };
    expect(request({ action: "import" }, message)).toMatchObject({ name: "7", source: { file: "ca.pem" } });
    expect(request({ action: "import" }, { ...message, payload: Buffer.alloc(0) })).toMatchObject({
      source: { file: "ca.pem" },
    });
    expect(request({ action: "import" }, { ...message, payload: "PEM" })).toMatchObject({
      source: { content: Buffer.from("PEM") },
    });
  });

  it.each([
    [{}, /^msg\.kind is missing.*ca, cert, key/],
    [{ kind: "root" }, /^msg\.kind must be one of/],
    [{ kind: "ca" }, /^msg\.certificateName is missing/],
    [{ kind: "ca", certificateName: 'a"\r\nAT+CFUN=0' }, /^msg\.certificateName may hold printable/],
    [{ kind: "ca", certificateName: "ü" }, /^msg\.certificateName may hold printable/],
    [{ kind: "ca", certificateName: "a".repeat(201) }, /^msg\.certificateName has 201 characters/],
    [{ kind: "ca", certificateName: ["a"] }, /^msg\.certificateName must be a text/],
    [{ kind: "ca", certificateName: "a" }, /^msg\.payload is missing.*msg\.filename/],
    [{ kind: "ca", certificateName: "a", payload: { a: 1 } }, /^msg\.payload must be a text or a Buffer/],
    [{ kind: "ca", certificateName: "a", filename: 'a",1' }, /^msg\.filename may hold printable/],
    [{ kind: "key", certificateName: "a", payload: "b", password: {} }, /^msg\.password must be a text/],
  ])("refuses to import %j", (message, reason) => {
    expect(() => request({ action: "import" }, message)).toThrow(refusal(reason));
  });

  it("names what is to be removed or hashed", () => {
    for (const action of ["remove", "hash"] as const) {
      expect(request({}, { action, kind: "cert", certificateName: "c" })).toEqual({ action, kind: "cert", name: "c" });
      expect(() => request({ action }, { kind: "cert" })).toThrow(refusal(/^msg\.certificateName is missing/));
    }
  });

  it("restores what the second output gave", () => {
    const payload = { profile: 0, type: "ticket", encrypted: true, data: "YWJj", size: 4, server: "a.example:443" };
    expect(request({ action: "session" }, { payload })).toEqual({
      action: "session",
      ...SECURITY,
      session: { type: "ticket", encrypted: true, data: "YWJj", size: 4 },
      server: "a.example:443",
    });
    const plainId = { type: "id", encrypted: false, data: "YWJj,ZGVm" };
    expect(request({ action: "session" }, { payload: plainId })).toMatchObject({ session: plainId, server: undefined });
    const address = { ...plainId, server: "[2001:db8::1]:443" };
    expect(request({ action: "session" }, { payload: address })).toMatchObject({ server: "[2001:db8::1]:443" });
  });

  it.each([
    ["YWJj", /^msg\.payload must be what the second output gave/],
    [["YWJj"], /^msg\.payload must be/],
    [undefined, /^msg\.payload must be/],
    [{ data: "YWJj" }, /^msg\.payload\.type must be one of id, ticket, psk-ticket/],
    [{ type: "cookie", data: "YWJj" }, /^msg\.payload\.type must be/],
    [{ type: "ticket", encrypted: 1, data: "YWJj" }, /^msg\.payload\.encrypted must be true or false/],
    [{ type: "ticket" }, /^msg\.payload\.data is missing/],
    [{ type: "ticket", data: "c2VjcmV0,c2VjcmV0" }, /^msg\.payload\.data is not the session data of type ticket/],
    [{ type: "id", data: "c2VjcmV0" }, /^msg\.payload\.data is not/],
    [{ type: "ticket", data: 'c2VjcmV0"\r\nAT' }, /^msg\.payload\.data is not/],
    [{ type: "ticket", data: "c2VjcmV0".repeat(3000) }, /^msg\.payload\.data is not/],
    [{ type: "ticket", data: "c2VjcmV0", size: -1 }, /^msg\.payload\.size must be/],
    [{ type: "ticket", data: "c2VjcmV0", server: "a.example" }, /^msg\.payload\.server must be host:port/],
    [{ type: "ticket", data: "c2VjcmV0", server: "a.example:0" }, /^msg\.payload\.server must be host:port/],
    [{ type: "ticket", data: "c2VjcmV0", server: 'a":443' }, /^msg\.payload\.server must be host:port/],
  ])("refuses %j as a session, without repeating its data", (payload, reason) => {
    const attempt = () => request({ action: "session" }, { payload });
    expect(attempt).toThrow(refusal(reason));
    expect(attempt).not.toThrow(/c2VjcmV0/);
  });
});
