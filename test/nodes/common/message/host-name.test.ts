import { describe, expect, it } from "vitest";
import { asciiHost } from "../../../../nodes/common/message/host-name";

describe("F16 a host from a flow", () => {
  it.each([
    ["example.com", "example.com"],
    ["Example.COM", "Example.COM"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["BÜCHER.example", "xn--bcher-kva.example"],
    ["straße.example", "xn--strae-oqa.example"],
    ["пример.рф", "xn--e1afmkfd.xn--p1ai"],
    ["例え。テスト", "xn--r8jz45g.xn--zckzah"],
    ["_mqtt._tcp.local-1.", "_mqtt._tcp.local-1."],
    ["10.0.0.1", "10.0.0.1"],
    ["2001:db8::1", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["a".repeat(63), "a".repeat(63)],
  ])("%s goes to the modem as %s", (text, host) => {
    expect(asciiHost(text)).toBe(host);
  });

  it.each([
    "",
    ".",
    "a..b",
    "a b",
    "ü b",
    "http://x",
    "ü/x",
    "ü@evil.example",
    "ü:80",
    "ü／x",
    "a:80",
    "[a]",
    "[::1",
    "::g",
    'a"b',
    "a,b",
    "ü\r\nAT",
    "ü\u0000",
    "%C3%BC",
    "a".repeat(64),
    `ü${"a".repeat(63)}`,
    "ab.".repeat(85),
    "ü".repeat(300),
    "a".repeat(1_000_000),
  ])("%j is neither a name nor an address", (text) => {
    expect(asciiHost(text)).toBeUndefined();
  });
});
