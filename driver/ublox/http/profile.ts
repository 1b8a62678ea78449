import type { Channel } from "../../at/channel-types";
import type { Command } from "../../at/command";
import { type AnswerField, type Field, quote, splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { ask, unlessRejected } from "../../cellular/commands";
import { addressFamily } from "../addresses";
import { command, query } from "../commands";
import type { UbloxFiles } from "../files/files";
import { parseContextAddresses } from "../packet-data/answers";
import type { UbloxTimeouts } from "../timeouts";
import type { UbloxTraits } from "../traits";
import type { HttpFailure } from "./errors";
import type { RequestBody, RequestPlan } from "./plan";

/** Keys of +UHTTP (guide 10.1, 10.4; 7 and 9 are the sister modems'). */
const KEY = { user: 2, password: 3, auth: 4, port: 5, security: 6, timeout: 7, header: 9, context: 20 } as const;
const BASIC = 1;
const TLS_ON = 1;

/** The modem's own limit without activity on the network, in s. */
const IDLE_LIMIT_S = { min: 30, max: 180 } as const;

/** One of the modem's HTTP profiles, with the two files it works with. It serves one request at a time. */
export class HttpProfile {
  readonly number: number;
  readonly responseFile: string;
  readonly #requestFile: string;
  readonly #channel: Channel;
  readonly #files: UbloxFiles;
  readonly #timeouts: UbloxTimeouts;
  /** Files that may be on the modem: those of an earlier run, too. */
  readonly #stale: Set<string>;

  constructor(number: number, channel: Channel, files: UbloxFiles, { timeouts }: UbloxTraits) {
    this.number = number;
    this.responseFile = `nr_http_${number}_rsp`;
    this.#requestFile = `nr_http_${number}_req`;
    this.#channel = channel;
    this.#files = files;
    this.#timeouts = timeouts;
    this.#stale = new Set([this.responseFile]);
  }

  /**
   * Resets the profile and sets what `plan` needs.
   *
   * @param security number of the modem's security profile, for TLS
   * @param timeout ms
   */
  async configure(
    plan: RequestPlan,
    security: number | undefined,
    timeout: number,
    signal: AbortSignal,
  ): Promise<void> {
    const context = plan.context && (await this.#contextOf(plan.context, signal));
    for (const parameters of settings({ ...plan, context }, security, timeout)) {
      await this.#channel.send(command("+UHTTP=", [this.number, ...parameters], { signal }));
    }
  }

  /** A context of IPv6 alone leads nowhere by IPv4 (guide 2.3.1): then that is what a name is looked up for. */
  async #contextOf({ cid, family }: NonNullable<RequestPlan["context"]>, signal: AbortSignal): Promise<Context> {
    if (family !== undefined) return { cid, family };
    const answer = await unlessRejected(ask(this.#channel, query("+CGPADDR=", [cid], { signal })));
    const addresses = parseContextAddresses(answer ?? [], cid);
    const isIpv6Only = addresses.length > 0 && addresses.every((address) => addressFamily(address) === 1);
    return { cid, family: isIpv6Only ? 1 : 0 };
  }

  async upload(body: RequestBody | undefined, signal: AbortSignal): Promise<void> {
    if (body?.kind !== "file") return;
    this.#stale.add(this.#requestFile);
    await this.#files.write(this.#requestFile, body.content, { signal });
  }

  /** The result of command `number` of this profile that a URC tells; undefined for any other line. */
  resultOf(line: Line, number: number): boolean | undefined {
    return resultOf(line, this.number, number);
  }

  /** Takes no signal: a caller who leaves while the modem accepts it would leave the profile to the next one, still busy. */
  start(plan: RequestPlan): Command {
    this.#stale.add(this.responseFile);
    const files = [named(this.responseFile), ...this.#bodyParameters(plan.body)];
    const parameters = [this.number, plan.command, plan.path, ...files];
    return command("+UHTTPC=", parameters, { timeout: this.#timeouts.start });
  }

  async lastError(): Promise<HttpFailure> {
    const question = query("+UHTTPER=", [this.number]);
    const [fields] = (await unlessRejected(ask(this.#channel, question))) ?? [];
    return { errorClass: toInteger(fields?.[1]) || 0, errorCode: toInteger(fields?.[2]) || 0 };
  }

  /** Deletes the files, also those that an earlier run may have left behind: the modem refuses where there is none. */
  async clean(): Promise<void> {
    for (const name of [...this.#stale]) {
      await unlessRejected(this.#files.remove(name));
      this.#stale.delete(name);
    }
  }

  #bodyParameters(body: RequestBody | undefined): (Field | number)[] {
    if (body === undefined) return [];
    const { number, own } = body.contentType;
    const content = body.kind === "data" ? body.data : named(this.#requestFile);
    return [content, number, ...(own === undefined ? [] : [own])];
  }
}

interface Context {
  readonly cid: number;
  readonly family: 0 | 1;
}

type Settings = Omit<RequestPlan, "context"> & { readonly context: Context | undefined };

/** The parameters of every +UHTTP behind the profile's number, in order; the empty one resets the profile. */
function settings(plan: Settings, security: number | undefined, timeout: number): (Field | number)[][] {
  const { server, port, auth, headers, context } = plan;
  const seconds = Math.min(IDLE_LIMIT_S.max, Math.max(IDLE_LIMIT_S.min, Math.ceil(timeout / 1000)));
  return [
    [],
    [server.key, server.name],
    // Before the port: turning TLS on may set that (guide 10.4).
    ...(security === undefined ? [] : [[KEY.security, TLS_ON, security]]),
    [KEY.port, port],
    [KEY.timeout, seconds],
    ...(auth === undefined
      ? []
      : [
          [KEY.user, auth.user],
          [KEY.password, auth.password],
          [KEY.auth, BASIC],
        ]),
    ...headers.map((header) => [KEY.header, header]),
    ...(context === undefined ? [] : [[KEY.context, context.cid, context.family]]),
  ];
}

function named(file: string): Field {
  return quote(file, { field: "file name", max: file.length });
}

/** `+UUHTTPCR: <profile>,<command>,<result>`, also as the guide misspells it. */
function resultOf(line: Line, profile: number, number: number): boolean | undefined {
  if (!/^\+UU?H(?:TTP|TP)CR:/.test(line.text)) return undefined;
  const [ofProfile, ofCommand, result]: (AnswerField | undefined)[] = splitFields(line);
  if (toInteger(ofProfile) !== profile || toInteger(ofCommand) !== number) return undefined;
  return toInteger(result) === 1;
}
