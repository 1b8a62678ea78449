import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isModemError } from "../../../driver/errors";
import { Modem } from "../../../driver/modem";
import { DEFAULT_SETTINGS } from "../../../driver/settings";
import { SimulatedTransport } from "../../../driver/transport/simulated";
import { OWN_FAULTS } from "../../../simulator/faults/own-names";
import { PERSONALITIES } from "../../../simulator/personalities";
import { editorVerdict } from "../../editor/definitions";
import { seed } from "../../support/random";

/** What the runtime makes of a port: whether its settings can be used, and whether a simulated one opens. */
async function runtimeVerdict(port: string): Promise<boolean> {
  try {
    new Modem({ ...DEFAULT_SETTINGS, port: port.trim() });
    if (!/^\s*sim:/i.test(port)) return true;
    const transport = new SimulatedTransport(port.trim());
    await transport.open();
    await transport.close();
    return true;
  } catch (error) {
    if (isModemError(error, "INVALID_INPUT")) return false;
    throw error;
  }
}

const WRONG = [
  "tcp://h:99999",
  "tcp://h:0",
  "tcp://h",
  "tcp://h:1/path",
  "tcp://u@h:1",
  "tcp:h:1",
  `tcp://${"a".repeat(300)}:1`,
  "telnet://h:1",
  "rfc2217://h:1",
  "http://h:1",
  "udp:h:1",
  "192.168.1.5:4000",
  "[2001:db8::1]:4000",
  "/dev/tty\u0007",
  `/dev/${"a".repeat(5000)}`,
  "sim:",
  "sim:FOO",
  "sim:LARA-R6?baud=abc",
  "sim:LARA-R6?baud=12",
  "sim:LARA-R6?bogus=1",
  "sim:LARA-R6?baud=9600&baud=9600",
  "sim:LARA-R6?route=a",
  "sim:LARA-R6?route=a:1=b:99999",
  "sim:LARA-R6?pin=12",
  "sim:LARA-R6?fault=bogus",
  "sim:LARA-R6?fault=reboot=1",
  "sim:LARA-R6?fault=data-mode@9m",
  "sim:BG96?fault=restoring-profile",
  "sim:LARA-R6?operator=%",
];
const RIGHT = [
  "tcp://h:1",
  " tcp://10.0.0.1:65535 ",
  "tcp://[::1]:2000",
  "/dev/ttyUSB0",
  "/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.2-port0",
  "COM3",
  "\\\\.\\COM12",
  "sim:LARA-R6",
  "sim:BG96?baud=115200&latency=40&name=verdict",
  "sim:LARA-R6?route=a.example:80=127.0.0.1:8080&route=b:*=[::1]:*&name=verdict",
  "sim:BG96?fault=unplug@9m&pin=1234&name=verdict",
  "sim:BG96?fault=data-mode@9m&name=verdict",
];

describe("F19 a port", () => {
  it.each(WRONG)("F19 %j is refused by dialog and runtime alike", async (port) => {
    expect(await runtimeVerdict(port)).toBe(false);
    expect(await editorVerdict("modem", { port })).toHaveProperty("port");
  });

  it.each(RIGHT)("F19 neighbour: %j is taken by both", async (port) => {
    expect(await runtimeVerdict(port)).toBe(true);
    expect(await editorVerdict("modem", { port })).not.toHaveProperty("port");
  });

  it(`F19 neighbour: they agree about whatever is typed (seed ${seed})`, async () => {
    const pieces = [
      "tcp:",
      "//",
      "h",
      ":",
      "1",
      "99999",
      "sim:",
      "LARA-R6",
      "BG96",
      "?",
      "&",
      "baud=",
      "9600",
      "x=",
      " ",
      "[::1]",
      "/",
      "%",
      "fault=",
      "unplug",
      "@",
      "1s",
    ];
    const text = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(text, async (port) => {
        if (port.trim() === "") return;
        expect("port" in (await editorVerdict("modem", { port }))).toBe(!(await runtimeVerdict(port)));
      }),
      { numRuns: 300, seed },
    );
  });

  it("the dialog knows the faults that the models add", () => {
    for (const { name, faults = {} } of PERSONALITIES) {
      expect(Object.keys(OWN_FAULTS[name] ?? {}).sort()).toEqual(Object.keys(faults).sort());
    }
  });
});
