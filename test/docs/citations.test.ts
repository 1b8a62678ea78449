import { describe, expect, it } from "vitest";
import { type Citation, citationsIn } from "./citations";
import { commentsBelow, commentsOf } from "./comments";
import { problemOf } from "./sources";

const FOLDERS = ["driver", "simulator", "nodes", "demo", "bench", "test"];

/** What is wrong with the citations of comments, as lines to click on. */
const problems = (citations: readonly Citation[]) =>
  citations.flatMap((citation) => {
    const problem = problemOf(citation);
    const { file, line, text } = citation.comment;
    return problem === undefined ? [] : [`${file}:${line}: ${problem}: ${text}`];
  });

const cited = (text: string, file = "driver/at/made-up.ts") => commentsOf(file, text).flatMap(citationsIn);
const found = (text: string, file?: string) =>
  cited(text, file).map(({ source, sections }) => [source, ...sections].join(" "));
const wrong = (text: string, file?: string) => problems(cited(text, file)).map((line) => line.split(": ")[1]);

describe("citations", () => {
  // This folder's own comments are about citations, and some are made up.
  const comments = commentsBelow(...FOLDERS).filter(({ file }) => !file.startsWith("test/docs/"));

  it("lead somewhere", () => {
    expect(problems(comments.flatMap(citationsIn))).toEqual([]);
  });

  it.each([
    ["driver/at", 5],
    ["driver/cellular", 5],
    ["driver/ublox", 50],
    ["driver/quectel", 50],
    ["simulator/cellular", 20],
    ["simulator/ublox", 20],
    ["simulator/quectel", 20],
    ["nodes", 5],
    ["demo", 1],
  ])("are found in the comments of %s", (folder, least) => {
    const there = comments.filter(({ file }) => file.startsWith(`${folder}/`)).flatMap(citationsIn);
    expect(there.length).toBeGreaterThanOrEqual(least);
  });
});

describe("a citation is found", () => {
  it.each([
    ["/** Seven of them (guide 5.11). */", ["guide 5.11"]],
    ["// Guide 2.3.1: with the radio off.", ["guide 2.3.1"]],
    ["/* guide 5.3 to 5.7, 5.9 and 5.11 */", ["guide 5.3 5.7 5.9 5.11"]],
    ["/** BG96 HTTP guide 1.3: 1 s, `+++` within 1 s */", ["guide 1.3"]],
    ["/** Chapter 4 of the guide: what to check. */", ["guide 4"]],
    ["/** Sections 3 and 10.4 of the application guide. */", ["guide 3 10.4"]],
    ["/** HTTP manual's chapter 5 */", ["guide 5"]],
    ["/** The guide's example has it (3.3), 50 ms long (0.5 s). */", ["guide 3.3"]],
    ["// guide 1.1 step 8, 4.3", ["guide 1.1 4.3"]],
    ["/** AT facts 1.1, 1.5, 2, 8; guide 2.3 */", ["guide 2.3", "AT facts 1.1 1.5 2 8"]],
    ["const a = { source: 'guide 5.1 with others; at-facts-ublox 3: a name' };", ["guide 5.1", "AT facts 3"]],
    ["/** AT manuals of the sister modules for 2 and 4 */", ["sister modules", "sister modules"]],
    ["/** BG96 TCP/IP manual 2.1, FILE application note: XOR */", ["TCP/IP manual", "FILE application note"]],
    ["/** The manual says so (this manual 2.3). */", ["manual 2.3"]],
    ["/** 3GPP TS 27.005 section 3.2.5, TS 102 221 11.1.9 */", ["27.005", "102 221"]],
    ["/** V.250's S2; X.690 8.1 */", ["V.250", "X.690"]],
    ["/** RFC 9110, 7.1; PKCS#8 */", ["RFC 9110", "PKCS#8"]],
    ["/** A development note says 20 ms (R6DEV 4). */", ["R6DEV", "development note"]],
  ])("in %s", (text, expected) => {
    expect(found(text).sort()).toEqual([...expected].sort());
  });

  it("across the lines of a comment, whether of stars or of slashes", () => {
    expect(found("/**\n * As in guide\n * 5.3.1 and\n * 5.5.\n */")).toEqual(["guide 5.3.1 5.5"]);
    expect(found("// As in guide\n// 5.3.1.\n\n// And 7")).toEqual(["guide 5.3.1"]);
  });

  it("at the line where its comment begins", () => {
    expect(cited("let a = 1;\n/**\n * guide 5 */\nlet b = 2; // guide 6").map(({ comment }) => comment.line)).toEqual([
      2, 4,
    ]);
  });

  it("in comments only", () => {
    expect(found('const url = "http://guide 99.9"; const text = `// guide 99.9 ${url} // guide 99.9`;')).toEqual([]);
  });

  it("with no quantity for a section", () => {
    expect(found("/** guide 5.5, 2 s later; guide 50 ms; the guide 2.4.1, 200 of them */")).toEqual([
      "guide 5.5",
      "guide 2.4.1",
    ]);
  });
});

describe("a citation leads nowhere", () => {
  const ublox = "driver/ublox/made-up.ts";
  const quectel = "simulator/quectel/made-up.ts";

  it.each([
    [
      "to a section that the guide does not have",
      "/** guide 5.3, 5.12 */",
      ublox,
      "guide of u-blox has no section 5.12",
    ],
    ["to a section of the other vendor's guide", "/** guide 5.3 */", quectel, "guide of Quectel has no section 5.3"],
    ["to a chapter beyond the last", "/** Chapter 12 of the guide */", ublox, "guide of u-blox has no section 12"],
    ["to AT facts that are not on the page", "/** AT facts 9.9 */", ublox, "AT facts of u-blox has no section 9.9"],
    ["to the other vendor's AT facts", "/** at-facts-quectel 5.6 */", ublox, "AT facts of Quectel has no section 5.6"],
    ["to a standard that nobody named", "/** 27.060 9.2 */", ublox, "docs/sources.md does not name 27.060"],
    ["to an RFC that nobody named", "/** RFC 9999 */", ublox, "docs/sources.md does not name RFC 9999"],
    ["to a manual that nobody named", "/** GNSS manual 2 */", quectel, "docs/sources.md does not name GNSS manual"],
    ["to the other vendor's manual", "/** TCP/IP manual */", ublox, "docs/sources.md does not name TCP/IP manual"],
    ["to a manual without a name", "/** the manual, 2.3 */", quectel, "docs/sources.md does not name manual"],
    ["to AT facts as a whole", "/** as the AT facts say */", ublox, "names no section of AT facts"],
    ["to nobody's guide", "/** guide 2.3 */", "driver/made-up.ts", "does not say whose guide it is"],
  ])("%s", (_, text, file, problem) => {
    expect(wrong(text, file)).toEqual([problem]);
  });

  it("but somewhere when the comment says whose it is", () => {
    const shared = "driver/services/made-up.ts";
    expect(wrong("/** u-blox guide 5.3, guide A 5.4, guide B 4.6 */", shared)).toEqual([]);
    expect(wrong("/** BG96 asks for none (AT facts 2.2), LARA-R6 for 20 ms (AT facts 1.5). */", shared)).toEqual([]);
  });
});
