import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Timing } from "../../../driver/life/timing";
import { Modem } from "../../../driver/modem";
import type { ModemSettings } from "../../../driver/modem-types";
import type { HttpResponse } from "../../../driver/services/http/http";
import type { Services } from "../../../driver/services/model";
import type { SecurityProfile } from "../../../driver/services/security/security";
import { DEFAULT_SETTINGS } from "../../../driver/settings";
import { closeInProcess } from "../../../simulator/faces/in-process";
import { TLS_FIXTURES } from "../../support/paths";

export const MODELS = ["LARA-R6", "BG96"] as const;
export type Model = (typeof MODELS)[number];

/** Each of them is this machine. */
const HOSTS = ["server.example", "a.example", "b.example", "elsewhere.example"];
/** ms */
const BOOT = 120_000;
const REQUEST = 60_000;

const SETTINGS: Omit<ModemSettings, "port"> = { ...DEFAULT_SETTINGS, apn: "internet" };

const PLAIN: SecurityProfile = {
  id: "plain",
  name: "plain",
  validation: "ca",
  minVersion: "1.2",
  ciphers: [],
  resumption: "off",
  resumptionEncrypted: false,
  rootOfTrustPsk: false,
};

/** A file of the test certificates; make.sh beside them says what each is. */
export const pem = (name: string): Buffer => readFileSync(join(TLS_FIXTURES, `${name}.pem`));
export const pemPath = (name: string): string => join(TLS_FIXTURES, `${name}.pem`);

/** Certificate and key of a server. */
export const identity = (name: string) => ({ cert: pem(`${name}.cert`), key: pem(`${name}.key`) });

/** A security profile that is as a new one in the dialog, but for `changes`. */
export function securityProfile(changes: Partial<SecurityProfile> = {}): SecurityProfile {
  return { ...PLAIN, ...changes };
}

/** Certificate and key that a client shows. */
export const client = (name: string): Pick<SecurityProfile, "cert" | "key"> => identity(name);

let number = 0;

/** A `sim:` port of its own, to which the hosts of these tests are this machine. */
export function simulatedPort(model: Model, options = ""): string {
  number += 1;
  const routes = HOSTS.map((host) => `&route=${host}:*=127.0.0.1:*`).join("");
  return `sim:${model}?name=tls-${process.pid}-${number}${routes}${options}`;
}

export interface Driven {
  readonly modem: Modem;
  /** Until the modem is rebooted. */
  readonly services: Services;
  /** @throws {ModemError} */
  get(url: string, security?: SecurityProfile, timeout?: number): Promise<HttpResponse>;
  close(): Promise<void>;
}

/** Opens a modem as a config node does, and waits until it is ready. */
export async function drive(port: string, timing: Partial<Timing> = {}): Promise<Driven> {
  const modem = new Modem({ ...SETTINGS, port }, { timing });
  modem.open();
  const services = await modem.ready({ timeout: BOOT });
  return {
    modem,
    services,
    async get(url, security, timeout = REQUEST) {
      const { http } = await modem.ready({ timeout: BOOT });
      const profile = security === undefined ? {} : { security };
      return http.request({ method: "GET", url, headers: [], timeout, ...profile });
    },
    async close() {
      await modem.close();
      closeInProcess(port);
    },
  };
}
