import { describe, expect, it, onTestFinished } from "vitest";
import { Modem } from "../../../driver/modem";
import type { ModemSettings } from "../../../driver/modem-types";
import { DEFAULT_SETTINGS } from "../../../driver/settings";
import { simulatorFor } from "../../../simulator/faces/in-process";
import { Tap } from "../tap";

const SOON = { timeout: 30_000 };
const FIRST = "9.9.9.9";
const SECOND = "149.112.112.112";
let starts = 0;

interface Started {
  readonly modem: Modem;
  readonly tap: Tap;
  readonly name: string;
}

async function start(model: string, settings: Partial<ModemSettings> = {}): Promise<Started> {
  starts += 1;
  const name = `sim:${model}?name=name-servers-${starts}`;
  const tap = await Tap.start(name);
  const modem = new Modem({ ...DEFAULT_SETTINGS, apn: "internet", ...settings, port: tap.port });
  onTestFinished(async () => {
    await modem.close();
    await tap.stop();
  });
  modem.open();
  await modem.ready(SOON);
  return { modem, tap, name };
}

/** How often the modem was told a name server. */
function times({ tap }: Started, address: string): number {
  return tap.told.split("\r").filter((line) => /AT\+(UDNSCFG|QIDNSCFG)=/.test(line) && line.includes(address)).length;
}

/** Does something, and waits until the modem has been away and is ready again. */
async function outage({ modem }: Started, cause: () => unknown): Promise<void> {
  const away = new Promise<void>((resolve) => {
    modem.on("state", (state) => state !== "ready" && resolve());
  });
  await cause();
  await away;
  await modem.ready(SOON);
}

describe.each([
  ["LARA-R6", "AT+CFUN=16"],
  ["BG96", "AT+CFUN=1,1"],
])("F26 name servers of a %s", (model, reboot) => {
  it.each([
    ["the settings", { primaryDns: FIRST, secondaryDns: SECOND }],
    ["a flow", {}],
  ])(
    "F26 are kept over a lost context and a reboot, and told, when %s sets them",
    async (_who, settings) => {
      const started = await start(model, settings);
      const { modem, name } = started;
      if (!("primaryDns" in settings)) {
        const { packetData } = await modem.ready(SOON);
        await packetData.setDns(1, FIRST, SECOND);
      }
      expect((await modem.status()).dns).toEqual([FIRST, SECOND]);
      const before = times(started, FIRST);
      expect(before).toBeGreaterThan(0);
      await outage(started, () => simulatorFor(name).fault("lost-context=1"));
      expect(times(started, FIRST)).toBeGreaterThan(before);
      expect((await modem.status()).dns).toEqual([FIRST, SECOND]);
      const between = times(started, SECOND);
      await outage(started, () => modem.execute(reboot, { timeout: 10_000 }));
      expect(times(started, SECOND)).toBeGreaterThan(between);
      expect((await modem.status()).dns).toEqual([FIRST, SECOND]);
    },
    90_000,
  );

  it("F26 neighbour: one alone leaves the network's other one", async () => {
    const { modem } = await start(model, { secondaryDns: SECOND });
    const [first, second] = (await modem.status()).dns;
    expect(second).toBe(SECOND);
    expect(first).not.toBe(SECOND);
  });
});

describe("F26 neighbours", () => {
  it.each(["x", "9.9.9", "dns.example", "9.9.9.9 "])(
    "F26 neighbour: the settings take addresses only: %j",
    (primaryDns) => {
      const settings = { ...DEFAULT_SETTINGS, port: "sim:BG96", primaryDns };
      expect(() => new Modem(settings)).toThrow(/primaryDns must be an IP address/);
    },
  );
});
