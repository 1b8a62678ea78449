import { describe, expect, it } from "vitest";
import { contentTypeOf } from "../../../../driver/ublox/http/content-type";

describe("contentTypeOf", () => {
  it("leaves blanks around a type out", () => {
    expect(contentTypeOf(" \ttext/plain ")).toEqual({ number: 1 });
    expect(contentTypeOf(" ")).toEqual({ number: 2 });
  });

  it.each(["\r\ntext/plain", "text/plain\r", "\n", "a/b\u00a0"])("refuses %j, and does not mend it", (type) => {
    expect(() => contentTypeOf(type)).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringContaining("contentType") }),
    );
  });
});
