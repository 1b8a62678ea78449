import { describe, expect, it } from "vitest";
import { BG96 } from "../../../../driver/quectel/bg96";
import { planRequest } from "../../../../driver/quectel/http/plan";
import type { HttpRequest } from "../../../../driver/services/http/http";

function plan(request: Partial<HttpRequest>): ReturnType<typeof planRequest> {
  return planRequest({ method: "GET", url: "http://example.org/", headers: [], timeout: 1000, ...request }, BG96);
}

const text = (request: Partial<HttpRequest>): string => plan(request).payload.toString("latin1");

describe("planning a request", () => {
  it("leaves the head to the modem for a plain GET", () => {
    expect(plan({ url: "http://example.org:8080/a?b=1#part" })).toMatchObject({
      ownHead: false,
      url: "http://example.org:8080/a?b=1",
      operation: "GET http://example.org:8080/a",
    });
  });

  it("keeps an empty query, as guide 3.1.2 prints it", () => {
    const url = "http://api.efxnow.com/DEMOWebServices2.8/Service.asmx/Echo?";
    expect(plan({ url }).url).toBe(url);
    expect(text({ url, headers: [["X-Key", "1"]] })).toMatch(/^GET \/DEMOWebServices2\.8\/Service\.asmx\/Echo\? HTTP/);
  });

  it("names the content types that the modem knows by their number", () => {
    const body = Buffer.from("a=1");
    const post = (contentType?: string) => plan({ method: "POST", body, contentType });
    expect(post("application/x-www-form-urlencoded")).toMatchObject({ ownHead: false, contentType: 0 });
    expect(post("text/plain")).toMatchObject({ ownHead: false, contentType: 1 });
    expect(post("Application/Octet-Stream")).toMatchObject({ ownHead: false, contentType: 2 });
    expect(post(undefined)).toMatchObject({ ownHead: false, contentType: 2 });
    expect(post("application/json")).toMatchObject({ ownHead: true });
  });

  it("writes a head whose request line and Host fit the URL", () => {
    const head = text({
      method: "POST",
      url: "http://220.180.239.212:8011/processorder.php?x=1",
      contentType: "application/json",
      headers: [["X-Key", "s3cret"]],
      body: Buffer.from("{}"),
    });
    expect(head).toBe(
      "POST /processorder.php?x=1 HTTP/1.1\r\nHost: 220.180.239.212:8011\r\nX-Key: s3cret\r\nAccept: */*\r\n" +
        "User-Agent: QUECTEL_MODULE\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    );
  });

  it("counts the body itself and keeps a header of the flow's before its own", () => {
    const head = text({
      method: "PUT",
      headers: [
        ["content-length", "9999"],
        ["connection", "keep-alive"],
        ["Host", "example.org"],
        ["Content-Type", "text/css"],
      ],
      body: Buffer.from("a{}"),
    });
    expect(head).toContain("connection: keep-alive\r\n");
    expect(head).not.toContain("Connection: close");
    expect(head).toContain("Content-Length: 3\r\n");
    expect(head).not.toContain("9999");
    expect(head.match(/host:/gi)).toHaveLength(1);
    expect(head).toContain("Content-Type: text/css\r\n");
  });

  it("sends a POST without a body as a head of its own: the modem takes at least one byte", () => {
    expect(text({ method: "POST" })).toContain("Content-Length: 0\r\n\r\n");
    expect(text({ method: "DELETE" })).not.toContain("Content-Length");
  });

  it("never sends +++ alone into data mode", () => {
    expect(
      plan({ method: "POST", body: Buffer.from("+++"), contentType: "text/plain" }).payload.length,
    ).toBeGreaterThan(3);
  });

  it("authenticates by option and by URL", () => {
    const value = `Authorization: Basic ${Buffer.from("user:pässword").toString("base64")}\r\n`;
    expect(text({ auth: { user: "user", password: "pässword" } })).toContain(value);
    const byUrl = plan({ url: "http://user:p%C3%A4ssword@example.org/" });
    expect(byUrl.payload.toString("latin1")).toContain(value);
    expect(byUrl.url).toBe("http://example.org/");
    expect(byUrl.operation).not.toContain("ssword");
  });

  it.each([
    ["url", { url: "http://example.org/\r\nAT+QPOWD" }],
    ["url", { url: "ftp://example.org/" }],
    ["url", { url: "no url" }],
    ["url", { url: `http://example.org/${"a".repeat(700)}` }],
    ["header", { headers: [["X-A", "b\r\nX-C: d"]] }],
    ["header", { headers: [["X A", "b"]] }],
    ["header", { headers: [["Host", "other.example"]] }],
    ["header", { headers: [["Transfer-Encoding", "chunked"]] }],
    ["Content-Type", { method: "POST", contentType: "a\nb", body: Buffer.from("x") }],
    ["user", { auth: { user: "a:b", password: "" } }],
    ["headers", { headers: [["X-Long", "a".repeat(2000)]] }],
  ] as [string, Partial<HttpRequest>][])("refuses a bad %s by name: %j", (field, request) => {
    expect(() => plan(request)).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringContaining(field) }),
    );
  });

  it.each([
    ["Connection", "close"],
    ["connection", " Close "],
    ["Host", "example.org"],
    ["HOST", "EXAMPLE.org"],
    ["Content-Length", "0"],
  ])("F14 leaves out what is said anyway, and needs no head of its own for it: %s: %s", (name, value) => {
    expect(plan({ headers: [[name, value]] })).toMatchObject({ ownHead: false, payload: Buffer.alloc(0) });
  });

  it.each(["http://example.org:0/", "https://example.org:0/", "http://[2001:db8::1]:00/x", "http://10.0.0.1:0"])(
    "F16 refuses port 0: %s",
    (url) => {
      expect(() => plan({ url })).toThrow(
        expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringContaining("port 0") }),
      );
    },
  );

  it("F15 sends a body with DELETE, its length and its type", () => {
    const head = text({ method: "DELETE", contentType: "application/json", body: Buffer.from('{"a":1}') });
    expect(head).toMatch(/^DELETE \/ HTTP\/1\.1\r\n/);
    expect(head).toContain('Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}');
  });

  it("F15 asks for a head alone by a head of its own", () => {
    const { ownHead, payload } = plan({ method: "HEAD", url: "http://example.org/a?b" });
    expect(ownHead).toBe(true);
    expect(payload.toString("latin1")).toMatch(/^HEAD \/a\?b HTTP\/1\.1\r\nHost: example\.org\r\n/);
  });

  it("asks for a security profile where the URL says https:", () => {
    expect(() => plan({ url: "https://example.org/" })).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringMatching(/^tls: /) }),
    );
  });
});
