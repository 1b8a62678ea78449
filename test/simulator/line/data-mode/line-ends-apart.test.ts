import { describe, expect, it, vi } from "vitest";
import { useEventLoopClock } from "../../../support/clock";
import { exchange, NAMES, PROMPTS } from "./prompts";

vi.mock("../../../../simulator/clock", () => vi.importActual("../../../support/simulator-clock"));
useEventLoopClock();

/** The modem has printed its prompt before the line feed arrives: only the time tells that it belongs to the line. */
const ENDINGS: readonly (readonly [string, (line: string) => readonly string[]])[] = [
  ["CR and LF in two writes", (line) => [`${line}\r`, "\n"]],
  ["CR LF, byte by byte", (line) => [...`${line}\r\n`]],
];

describe.each(ENDINGS)("F43 a line that ends with %s", (_ending, writes) => {
  it.each(NAMES)("opens %s, and the data are the host's", async (name) => {
    const payload = PROMPTS[name]?.payload ?? "ping";
    expect(await exchange(name, writes, payload)).toBe(payload);
  });

  const free = NAMES.filter((name) => PROMPTS[name]?.payload === undefined);

  it.each(free)("F43 neighbour: opens %s for data that begin with LF", async (name) => {
    expect(await exchange(name, writes, "\npin\n")).toBe("\npin\n");
  });
});
