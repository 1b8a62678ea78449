import { describe, expect, it } from "vitest";
import { decodeAscii, decodeText } from "../../../driver/cellular/text";

describe("F10 a text of the modem's", () => {
  it.each([
    ["0054002D004D006F00620069006C0065", "T-Mobile"],
    ["0054002d004d006f00620069006c0065", "T-Mobile"],
    ["0033", "3"],
    ["4E2D56FD79FB52A8", "中国移动"],
    ["D83DDE00D83DDE00", "😀😀"],
    ["", ""],
    ["T-Mobile", "T-Mobile"],
    ["26201", "26201"],
    ["3104", "3104"],
    ["00070008", "00070008"],
    ["D83D0041", "D83D0041"],
  ])("%s is %s", (text, meant) => {
    expect(decodeText(text)).toBe(meant);
  });

  it.each([
    ["0069006E007400650072006E00650074", "internet"],
    ["12345678", "12345678"],
    ["beef", "beef"],
    ["4E2D56FD", "4E2D56FD"],
  ])("%s as an APN is %s", (text, meant) => {
    expect(decodeAscii(text)).toBe(meant);
  });
});
