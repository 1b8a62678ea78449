import { createRequire } from "node:module";
import { type ParsedUrlQueryInput, stringify } from "node:querystring";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { requestBody } from "../../../nodes/modem-http/body";
import { formText } from "../../../nodes/modem-http/form";
import { typeOfFile } from "../../../nodes/modem-http/media-type";
import { randomRuns } from "../../support/random";

const FORM = "application/x-www-form-urlencoded";
const refusal = (message: RegExp) =>
  expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringMatching(message) });

/** The parts of a body, as a server reads them: head and content of each. */
async function parts(payload: unknown, type = "multipart/form-data") {
  const { body = Buffer.alloc(0), contentType = type } = requestBody("POST", payload, type);
  const form = await new Response(new Uint8Array(body), { headers: { "content-type": contentType } }).formData();
  const read: [name: string, value: unknown][] = [];
  form.forEach((value, name) => {
    read.push([name, value]);
  });
  return read;
}

describe("F11 a form", () => {
  it.each([FORM, `${FORM}; charset=UTF-8`, `${FORM};charset=utf-8`, ` ${FORM.toUpperCase()} ; charset="utf-8"`])(
    "is written under %j",
    (type) => {
      expect(requestBody("POST", { a: "1 2", b: ["x", "y"] }, type).body?.toString()).toBe("a=1%202&b=x&b=y");
    },
  );

  it.each([`${FORM}-like`, `x/${FORM}`, "text/plain", "multipart/mixed", "multipart/form-data-like"])(
    "F11 neighbour: is not written under %j, but JSON is",
    (type) => {
      expect(requestBody("POST", { a: 1 }, type)).toEqual({ body: Buffer.from('{"a":1}') });
    },
  );

  it.each([FORM, "multipart/form-data"])("F11 neighbour: under %s bytes and texts are left as they are", (type) => {
    for (const payload of ["a=1", Buffer.from("a=1"), new Uint8Array([97, 61, 49])]) {
      expect(requestBody("POST", payload, type)).toEqual({ body: Buffer.from("a=1") });
    }
  });
});

describe("the text of a form", () => {
  it("is the one that core's makes", () => {
    const member = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.object({ maxDepth: 1 }),
    );
    const value = fc.oneof(member, fc.array(member, { minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), (fields) => {
        expect(formText(fields)).toBe(stringify(fields as ParsedUrlQueryInput));
      }),
      randomRuns(500),
    );
  });

  it("has a limit as a query", () => {
    expect(() => formText({ a: "x".repeat(100) }, 100)).toThrow(refusal(/^msg\.payload is too long for a query: 103/));
  });
});

describe("F11 parts", () => {
  it("are what a server reads", async () => {
    const file = { value: Buffer.from([0, 13, 10, 45, 45]), options: { filename: "a.bin", contentType: "image/png" } };
    const [text, list, bytes] = await parts({ text: "grüße\r\n--", list: [1, { a: 2 }], bytes: file, none: null });
    expect(text).toEqual(["text", "grüße\r\n--"]);
    expect(list).toEqual(["list", '[1,{"a":2}]']);
    const read = bytes?.[1] as File;
    expect([read.name, read.type, Buffer.from(await read.arrayBuffer())]).toEqual(["a.bin", "image/png", file.value]);
  });

  it.each(["multipart/form-data; charset=utf-8", "Multipart/Form-Data", "multipart/form-data;"])(
    "F11 neighbour: go under %j with a boundary of their own",
    async (type) => {
      expect(await parts({ a: "1" }, type)).toEqual([["a", "1"]]);
    },
  );

  it("F11 neighbour: take the boundary that the flow states", async () => {
    for (const type of ["multipart/form-data; boundary=mine", 'multipart/form-data; charset=x; Boundary="my own"']) {
      const { contentType, body } = requestBody("POST", { a: "1" }, type);
      expect(contentType).toBe(type);
      expect(body?.toString()).toMatch(/^--(mine|my own)\r\n[\s\S]*--\1--\r\n$/);
    }
  });

  it.each([
    ["multipart/form-data; boundary=mine", { a: "--mine" }, /^contentType has a boundary that occurs in msg\.payload/],
    ["multipart/form-data; boundary=", { a: "1" }, /^contentType has a boundary that can't be used/],
    [`multipart/form-data; boundary=${"b".repeat(71)}`, { a: "1" }, /^contentType has a boundary/],
    ["multipart/form-data; boundary=ü", { a: "1" }, /^contentType has a boundary/],
    ["multipart/form-data", { a: { value: [1] } }, /^msg\.payload\.a\.value must be a text, a number or a Buffer/],
    ["multipart/form-data", { a: { value: "1", options: 5 } }, /^msg\.payload\.a\.options must be/],
    ["multipart/form-data", { a: { value: "1", options: { filename: {} } } }, /^msg\.payload\.a\.options\.filename/],
    [
      "multipart/form-data",
      { a: { value: "1", options: { contentType: "a\r\nX: 1" } } },
      /contentType contains a control/,
    ],
    ["multipart/form-data", { a: { value: "1", options: { header: "X: 1" } } }, /options\.header must be an object/],
    ["multipart/form-data", { a: { value: "1", options: { header: { "X:": "1" } } } }, /options\.header has a name/],
    ["multipart/form-data", { a: { value: "1", options: { header: { X: "1\n" } } } }, /header\.X contains a control/],
    ["multipart/form-data", { a: 10n }, /^msg\.payload\.a can't be written as JSON/],
    ["multipart/form-data", { a: () => 1 }, /^msg\.payload\.a can't be written as JSON/],
  ])("F11 neighbour: are refused where they can't be written: %s, %#", (type, payload, words) => {
    expect(() => requestBody("POST", payload, type)).toThrow(refusal(words));
  });

  it("F11 neighbour: can't end a line, a part or the form by their names", async () => {
    const evil = 'x"\r\nContent-Type: text/html\r\n\r\n--\r\n';
    const { body } = requestBody(
      "POST",
      { [evil]: { value: "1", options: { filename: evil } } },
      "multipart/form-data",
    );
    expect(body?.toString().split("\r\n")).toHaveLength(6);
    expect(await parts({ [evil]: "1" })).toHaveLength(1);
  });

  it("F11 neighbour: take bytes of another realm", async () => {
    const file: unknown = runInNewContext("({ value: new Uint8Array([1, 2]), options: { filename: 'a' } })");
    const [, read] = (await parts({ file }))[0] ?? [];
    expect(Buffer.from(await (read as Blob).arrayBuffer())).toEqual(Buffer.from([1, 2]));
  });

  it("F11 neighbour: fit a LARA-R6, whose content type has 64 characters at most", () => {
    expect(requestBody("POST", { a: "1" }, "multipart/form-data").contentType?.length).toBeLessThanOrEqual(64);
  });
});

describe("the type of a file", () => {
  const lookup: (name: string) => string | false = createRequire(require.resolve("form-data"))("mime-types").lookup;

  it("is the one that core's library gives", () => {
    const names =
      "a.avif b.bin c.bmp d.css e.csv f.doc g.gif h.gz i.htm j.html k.jpeg l.JPG m.json n.log o.md p.mp3 q.mp4 r.ogg s.pdf t.png";
    for (const name of `${names} u.svg v.tar w.tif x.tiff y.txt z.webp a.yaml b.yml c.d.zip e f. g.xyzzy .constructor`.split(
      " ",
    )) {
      expect(typeOfFile(name) ?? false, name).toBe(lookup(name));
    }
  });
});
