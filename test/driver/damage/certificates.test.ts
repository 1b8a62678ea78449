import { describe, expect, it, vi } from "vitest";
import type { SecurityService } from "../../../driver/services/security/security";
import { fakeTime, turns } from "../../support/clock";
import { DamagedLine, someDamage, wordsOf } from "../../support/damage";
import { RANDOM_TIMEOUT_MS, seed } from "../../support/random";
import { fixture, securityProfile } from "../services/security/tls-fixtures";
import { bench } from "../ublox/bench";
import { addCertificateStore } from "../ublox/security/certificate-store";

/** BG96 has its certificates among its files, which the matrix of files covers. */

interface Bench {
  readonly security: SecurityService;
  readonly line: DamagedLine;
}

const CA = fixture("ca.cert");
const KEY = fixture("client.key");

function start(): Bench {
  let line: DamagedLine | undefined;
  const { peer, driver } = bench({}, (modem) => {
    line = new DamagedLine(modem);
    return line;
  });
  peer.on(/^AT\+USECPRF=\d/, ["OK"]);
  addCertificateStore(peer).set("0 root", CA).set("2 mine", KEY);
  if (line === undefined) throw new Error("There is no line");
  return { security: driver.services.security, line };
}

const OPERATIONS: Readonly<Record<string, (security: SecurityService) => Promise<unknown>>> = {
  "listing them": (security) => security.list(),
  "the hash of one": (security) => security.hash("ca", "root"),
  "importing one that is there": (security) => security.import("ca", "root", { content: CA }),
  "importing one": (security) => security.import("ca", "other", { content: fixture("other-ca.cert") }),
  "applying a profile": async (security) =>
    (await security.apply(securityProfile({ validation: "none", ca: CA }))).certificates.map(({ kind, md5 }) => [
      kind,
      md5,
    ]),
  "removing one": (security) => security.remove("ca", "root"),
};

/** ms of fake time after which what has not ended hangs. */
const LIMIT_MS = 120_000;
const STEP_MS = 100;

/** The result as text, or undefined for an error. */
async function endOf(work: Promise<unknown>): Promise<string | undefined> {
  let isOver = false;
  const result = work
    .then(
      (value) => JSON.stringify(value ?? "done"),
      () => undefined,
    )
    .finally(() => {
      isOver = true;
    });
  for (let passed = 0; passed < LIMIT_MS; passed += STEP_MS) {
    for (let turn = 0; turn < 12 && !isOver; turn += 1) await turns();
    if (isOver) return result;
    await vi.advanceTimersByTimeAsync(STEP_MS);
  }
  throw new Error("It hangs");
}

describe("F33 neighbour: what a damaged line tells of LARA-R6's certificates", () => {
  it.each(Object.entries(OPERATIONS))(
    "%s: is right or an error",
    async (_name, operation) => {
      fakeTime();
      const whole = start();
      whole.line.record();
      const right = await endOf(operation(whole.security));
      const printed = whole.line.recorded.toString("latin1");
      expect(right).toBeDefined();
      const wrong: string[] = [];
      for (const damage of someDamage(printed.length)) {
        const damaged = start();
        damaged.line.damage(damage);
        const end = await endOf(operation(damaged.security));
        if (end === undefined || end === right) continue;
        wrong.push(`${wordsOf(damage)}, behind ${JSON.stringify(printed.slice(0, damage.at).slice(-30))}: ${end}`);
      }
      expect(wrong, `SEED=${seed}`).toEqual([]);
    },
    RANDOM_TIMEOUT_MS,
  );
});
