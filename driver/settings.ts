import { integer, unquotable } from "./at/fields";
import { ModemError } from "./errors";
import { highestLimit, knownModel } from "./models";
import type { ModemSettings } from "./modem-types";
import type { ModelDefinition } from "./services/model";
import { isServerAddress } from "./services/name-servers";
import { simulatedModel } from "./transport/port-text";

export { DEFAULT_SETTINGS } from "./modem-types";

/** One of a list, a whole number in a range, or a text with a reason against those that can't be taken. */
type Rule =
  | { readonly oneOf: readonly unknown[] }
  | { readonly min: number; readonly max: number }
  | { readonly against: (text: string) => string | undefined };

/** 23.003 9.1. The length that user and password may have is for the model to check. */
const MAX_APN = 100;
const MAX_CREDENTIAL = 127;

const unlessAddress = (text: string) => (text === "" || isServerAddress(text) ? undefined : "must be an IP address");
const quotable = (max: number): Rule => ({ against: (text) => unquotable(text, max) });

const RULES: Readonly<Record<Exclude<keyof ModemSettings, "model" | "cid">, Rule>> = {
  port: { against: (text) => (text.trim() === "" ? "is empty" : undefined) },
  baudRate: { min: 300, max: 4_000_000 },
  flowControl: { oneOf: [true, false] },
  dataBits: { oneOf: [7, 8] },
  parity: { oneOf: ["none", "even", "odd", "mark", "space"] },
  stopBits: { oneOf: [1, 2] },
  apn: quotable(MAX_APN),
  pdpType: { oneOf: ["IP", "IPV6", "IPV4V6"] },
  primaryDns: { against: unlessAddress },
  secondaryDns: { against: unlessAddress },
  authType: { oneOf: ["none", "pap", "chap"] },
  mnoProfile: { min: 0, max: 999 },
  xlat: { oneOf: [true, false] },
  connect: { oneOf: ["auto", "manual"] },
  pin: { against: (text) => (/^(\d{4,8})?$/.test(text) ? undefined : "must be 4 to 8 digits") },
  apnUser: quotable(MAX_CREDENTIAL),
  apnPassword: quotable(MAX_CREDENTIAL),
};

const OPTIONAL: ReadonlySet<string> = new Set([
  "primaryDns",
  "secondaryDns",
  "mnoProfile",
  "xlat",
  "pin",
  "apnUser",
  "apnPassword",
]);

/** @throws {ModemError} `INVALID_INPUT`, naming the setting, never with a value that may be a secret */
export function checkSettings(settings: ModemSettings, models: readonly ModelDefinition[]): void {
  check(settings.model, "model", { oneOf: ["auto", ...models.map(({ name }) => name)] });
  check(settings.cid, "cid", { min: 1, max: highestLimit("contexts", models) });
  for (const [field, rule] of Object.entries(RULES)) {
    const value: unknown = settings[field as keyof ModemSettings];
    if (value !== undefined || !OPTIONAL.has(field)) check(value, field, rule);
  }
  if (settings.authType !== "none" && (settings.apnUser ?? "") === "") {
    throw new ModemError("INVALID_INPUT", `apnUser is empty, and authType ${settings.authType} needs one`);
  }
  checkFit(settings, models);
}

/** What the model can't do, where it is known before the modem has been asked. */
function checkFit(settings: ModemSettings, models: readonly ModelDefinition[]): void {
  const known = knownModel(settings, models);
  if (known === undefined) return;
  const simulated = simulatedModel(settings.port);
  if (simulated !== undefined && simulated !== known.name && models.some(({ name }) => name === simulated)) {
    throw new ModemError(
      "NOT_SUPPORTED",
      `model is ${known.name}, but port simulates a ${simulated}: set the model to automatic, or change the port`,
    );
  }
  const { contexts: max, lacks = [] } = known.limits;
  integer(settings.cid, { field: `cid of ${known.name}`, min: 1, max });
  const asked = { mnoProfile: settings.mnoProfile !== undefined, xlat: settings.xlat === true };
  for (const name of ["mnoProfile", "xlat"] as const) {
    if (!asked[name] || !lacks.includes(name)) continue;
    throw new ModemError("NOT_SUPPORTED", `${name}: ${known.name} has no such setting; leave it alone`);
  }
}

function check(value: unknown, field: string, rule: Rule): void {
  if ("min" in rule) {
    integer(typeof value === "number" ? value : Number.NaN, { field, ...rule });
    return;
  }
  const reason = "oneOf" in rule ? unlisted(value, rule.oneOf) : textReason(value, rule.against);
  if (reason !== undefined) throw new ModemError("INVALID_INPUT", `${field} ${reason}`);
}

function unlisted(value: unknown, allowed: readonly unknown[]): string | undefined {
  return allowed.includes(value) ? undefined : `must be one of ${allowed.join(", ")}`;
}

function textReason(value: unknown, against: (text: string) => string | undefined): string | undefined {
  return typeof value === "string" ? against(value) : "must be a text";
}
