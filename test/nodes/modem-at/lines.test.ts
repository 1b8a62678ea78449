import { describe, expect, it } from "vitest";
import { parseLine, topicOf } from "../../../nodes/modem-at/lines";
import { urcPrefixes } from "../../../nodes/modem-at/urcs";

describe("a line in parts", () => {
  it.each([
    ["+CSQ: 20,99", "+CSQ", ["20", "99"]],
    ['+COPS: 0,0,"a, b",7', "+COPS", ["0", "0", "a, b", "7"]],
    ['+CGDCONT: (1-8),"IP",,,(0,1)', "+CGDCONT", ["(1-8)", "IP", "", "", "(0,1)"]],
    ["+UUSOCL: 3", "+UUSOCL", ["3"]],
    ["+CNUM:", "+CNUM", [""]],
    ["352753090041680", "", ["352753090041680"]],
    ["Revision: 1,2", "", ["Revision: 1", "2"]],
    ['+X: "unclosed,1', "+X", ['"unclosed,1']],
    ["^HCSQ: 1", "^HCSQ", ["1"]],
  ])("%s", (line, topic, fields) => {
    expect(parseLine(line)).toEqual({ topic, line, fields });
  });

  it("is its own topic without a prefix", () => {
    expect([topicOf("RDY"), topicOf("+CEREG: 1")]).toEqual(["RDY", "+CEREG"]);
  });
});

describe("the prefixes to pass on", () => {
  it("come in a list or in one text", () => {
    expect(urcPrefixes(" +CEREG, +UUSORD\nRDY ,")).toEqual(["+CEREG", "+UUSORD", "RDY"]);
    expect(urcPrefixes(["+CEREG", " "])).toEqual(["+CEREG"]);
    expect([urcPrefixes(""), urcPrefixes(undefined)]).toEqual([[], []]);
    expect(() => urcPrefixes({})).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
  });
});
