import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HttpRequest } from "../../../../driver/services/http/http";
import type { SecurityProfile } from "../../../../driver/services/security/security";
import { TLS_FIXTURES } from "../../../support/paths";
import type { Peer, PeerOptions } from "../../peer";
import { client, get, ok } from "../http/http-client";
import type { HttpCall, Served } from "../lara";

export const pem = (name: string): Buffer => readFileSync(join(TLS_FIXTURES, `${name}.pem`));

/** A profile that goes without checks and certificates. */
export function tls(settings: Partial<SecurityProfile> = {}): SecurityProfile {
  return {
    id: "tls1",
    name: "Plant",
    validation: "none",
    minVersion: "1.2",
    ciphers: [],
    resumption: "off",
    resumptionEncrypted: false,
    rootOfTrustPsk: false,
    ...settings,
  };
}

interface ModuleProfile {
  settings: string[];
  enabled: boolean;
  type: number;
  /** What it takes a session up with. */
  data: string | undefined;
}

/** Tag of the data by type (guide 3.4.4). */
const TAGS: Readonly<Record<number, number>> = { 0: 2, 10: 12, 1: 3, 11: 13, 3: 5, 13: 15 };
const QUERIED = new Set([1, 11, 3, 13]);
const TAG_NAMES = ["CA", "CC", "PK", "SC", "VC", "PU"];

export interface FakeTlsOptions {
  /** How the module prints session data. */
  readonly quoted?: boolean;
  /** In which form it takes them. */
  readonly takes?: "bare" | "quoted" | "both";
  /** URC prefix: the guide prints both. */
  readonly urc?: "+UUSECPRF" | "+USECPRF";
}

/** The module's certificates, profiles and sessions, and a server's memory of sessions. */
export class FakeTls {
  /** `0 name` → MD5. */
  readonly certificates = new Map<string, string>();
  /** Last column of the list, by `0 name`. */
  readonly dates = new Map<string, string>();
  readonly profiles: ModuleProfile[] = Array.from({ length: 5 }, fresh);
  /** Whether each connection took a session up. */
  readonly resumed: boolean[] = [];
  readonly #peer: Peer;
  readonly #options: FakeTlsOptions;
  readonly #known = new Set<string>();
  #issued = 0;

  constructor(peer: Peer, options: FakeTlsOptions = {}) {
    this.#peer = peer;
    this.#options = options;
    this.#addCertificates();
    this.#addProfiles();
  }

  /** The server's memory is gone. */
  forget(): void {
    this.#known.clear();
  }

  /** The module's volatile settings are gone. */
  reboot(): void {
    this.profiles.splice(0, 5, ...Array.from({ length: 5 }, fresh));
  }

  /** A handshake under one of the module's profiles: prints what the module tells of it. */
  connect(number: number): void {
    const profile = this.profiles[number];
    if (profile === undefined || !profile.enabled) {
      this.resumed.push(false);
      return;
    }
    const resumed = profile.data !== undefined && this.#known.has(profile.data);
    this.resumed.push(resumed);
    const data = resumed && profile.data !== undefined ? profile.data : this.#issue(profile.type);
    if (QUERIED.has(profile.type)) {
      profile.data = data;
      this.#print(`${number},13,0,2`);
    } else {
      this.#print(`${number},13,1,${profile.type}`);
      this.#print(`${number},13,${TAGS[profile.type]},${this.#shown(profile.type, data)}`);
    }
  }

  #issue(type: number): string {
    this.#issued += 1;
    const text = (part: string): string => Buffer.from(`${part} ${this.#issued} of type ${type}`).toString("base64");
    const data = type === 0 ? `${text("id")},${text("secret")}` : text("session");
    this.#known.add(data);
    return data;
  }

  #shown(type: number, data: string): string {
    const parts = data.split(",").map((part) => (this.#options.quoted ? `"${part}"` : part));
    return [...parts, ...(type === 0 ? [] : [String(data.length)])].join(",");
  }

  #print(text: string): void {
    setImmediate(() => this.#peer.urc(`${this.#options.urc ?? "+UUSECPRF"}: ${text}`));
  }

  #addCertificates(): void {
    const peer = this.#peer;
    const missing = ["+CME ERROR: USECMNG invalid certificate/key internal name"];
    peer.on(/^AT\+USECMNG=0,(\d),"([^"]+)",(\d+)(?:,"[^"]*")?$/, ([, type, name, size]) => ({
      prompt: ">",
      bytes: Number(size),
      finish: (data) => {
        const base64 = data.toString("latin1").replace(/-----[^-]+-----|\s/g, "");
        const md5 = createHash("md5").update(Buffer.from(base64, "base64")).digest("hex");
        this.certificates.set(`${type} ${name}`, md5);
        return [`+USECMNG: 0,${type},"${name}","${md5}"`, "OK"];
      },
    }));
    peer.on(/^AT\+USECMNG=2,(\d),"([^"]+)"$/, ([, type, name]) =>
      this.certificates.delete(`${type} ${name}`) ? ["OK"] : missing,
    );
    peer.on(/^AT\+USECMNG=3$/, () => [...[...this.certificates.keys()].map((id) => this.#listLine(id)), "OK"]);
    peer.on(/^AT\+USECMNG=4,(\d),"([^"]+)"$/, ([, type, name]) => {
      const md5 = this.certificates.get(`${type} ${name}`);
      return md5 === undefined ? missing : [`+USECMNG: 4,${type},"${name}","${md5}"`, "OK"];
    });
  }

  #listLine(id: string): string {
    const [type = "0", name = ""] = id.split(" ");
    const line = `${TAG_NAMES[Number(type)]},"${name}"`;
    return type === "2" ? line : `${line},"Somebody","${this.dates.get(id) ?? "2120/01/01 00:00:00"}"`;
  }

  #addProfiles(): void {
    const peer = this.#peer;
    peer.on(/^AT\+USECPRF=([0-4])$/, ([, number]) => {
      this.profiles[Number(number)] = fresh();
      return ["OK"];
    });
    peer.on(/^AT\+USECPRF=([0-4]),(?!13,)(.+)$/, ([, number, setting = ""]) => {
      this.#profile(number).settings.push(setting);
      return ["OK"];
    });
    peer.on(/^AT\+USECPRF=([0-4]),([01])$/, ([, number, op]) => {
      const value = this.#profile(number).settings.find((setting) => setting.startsWith(`${op},`)) ?? `${op},0`;
      return [`+USECPRF: ${number},${value}`, "OK"];
    });
    peer.on(/^AT\+USECPRF=([0-4]),13,0,1$/, ([, number]) => {
      this.#profile(number).enabled = true;
      return ["OK"];
    });
    peer.on(/^AT\+USECPRF=([0-4]),13,1,(\d+)$/, ([, number, type]) => {
      this.#profile(number).type = Number(type);
      return ["OK"];
    });
    this.#addSessions();
  }

  #addSessions(): void {
    const peer = this.#peer;
    const { takes = "bare" } = this.#options;
    peer.on(/^AT\+USECPRF=([0-4]),13,(3|13|5|15)$/, ([, number, tag]) => {
      const { data, type } = this.#profile(number);
      if (data === undefined || TAGS[type] !== Number(tag)) return ["+CME ERROR: operation not allowed"];
      return [`+USECPRF: ${number},13,${tag},${this.#shown(type, data)}`, "OK"];
    });
    peer.on(/^AT\+USECPRF=([0-4]),13,(2|12|3|13),(.+)$/, ([, number, tag, value = ""]) => {
      const profile = this.#profile(number);
      const form = value.startsWith('"') ? "quoted" : "bare";
      if (TAGS[profile.type] !== Number(tag) || (takes !== "both" && takes !== form)) return ["ERROR"];
      const parts = value.replaceAll('"', "").split(",");
      profile.data = tag === "2" ? parts.join(",") : parts[0];
      return ["OK"];
    });
    peer.on(/^AT\+USECPRF=([0-4]),13,(5|15),(\d+)$/, ([, number, tag, size]) => {
      const profile = this.#profile(number);
      if (TAGS[profile.type] !== Number(tag)) return ["ERROR"];
      return {
        prompt: ">",
        bytes: Number(size),
        finish: (data) => {
          profile.data = data.toString("latin1");
          return ["OK"];
        },
      };
    });
  }

  #profile(number: string | undefined): ModuleProfile {
    return this.profiles[Number(number)] ?? fresh();
  }
}

function fresh(): ModuleProfile {
  return { settings: [], enabled: false, type: 0, data: undefined };
}

/** A modem whose HTTP client connects by TLS where a profile says so. */
export function secureClient(
  serve: (call: HttpCall) => Served | undefined = () => ({ content: ok() }),
  { tls: tlsOptions, ...options }: PeerOptions & { tls?: FakeTlsOptions } = {},
) {
  const secured = new Map<number, number>();
  const parts = client((call) => {
    const number = secured.get(call.profile);
    if (number !== undefined) fake.connect(number);
    return serve(call);
  }, options);
  const fake = new FakeTls(parts.peer, tlsOptions);
  parts.peer.on(/^AT\+UHTTP=(\d)$/, ([, profile]) => {
    secured.delete(Number(profile));
    return ["OK"];
  });
  parts.peer.on(/^AT\+UHTTP=(\d),6,1,(\d)$/, ([, profile, number]) => {
    secured.set(Number(profile), Number(number));
    return ["OK"];
  });
  return { ...parts, tls: fake, security: parts.driver.services.security };
}

export const secureGet = (security: SecurityProfile, options: Partial<HttpRequest> = {}): HttpRequest =>
  get({ url: "https://plant.example/", security, ...options });
