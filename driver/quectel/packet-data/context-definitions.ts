import type { Channel } from "../../at/channel-types";
import type { Command } from "../../at/command";
import { type AnswerField, quote, toInteger } from "../../at/fields";
import { ask, unlessRejected } from "../../cellular/commands";
import { decodeAscii } from "../../cellular/text";
import { isModemError } from "../../errors";
import type { AuthType, PdpContext, PdpType } from "../../services/packet-data";
import { command, query } from "../commands";

/** +QICSGP's numbers (AT facts 2.1). */
const TYPES: Readonly<Record<PdpType, number>> = { IP: 1, IPV6: 2, IPV4V6: 3 };
const AUTHENTICATIONS: Readonly<Record<AuthType, number>> = { none: 0, pap: 1, chap: 2 };
/** TS 23.003 9.1. */
const APN_LENGTH = 100;
/** TS 24.008 10.5.6.3.1 leaves about as much for a name and a password. */
const CREDENTIAL_LENGTH = 127;

interface StoredDefinition {
  readonly apn: string;
  readonly pdpType: PdpType;
}

/** What the modem's PDP contexts are defined as. */
export class ContextDefinitions {
  readonly #channel: Channel;
  /** Written, or found to be right, since the last reboot. */
  readonly #known = new Map<number, PdpContext>();
  #first: number | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** The context that was defined first. */
  get first(): number | undefined {
    return this.#first;
  }

  reset(): void {
    this.#known.clear();
  }

  /**
   * Whether the modem already holds this definition. A context that was never defined reads like one without an APN:
   * only one that is `active` is known to be the latter.
   */
  async holds(context: PdpContext, active: boolean): Promise<boolean> {
    const { cid } = context;
    this.#first ??= cid;
    const known = this.#known.get(cid);
    if (known !== undefined) return same(known, context);
    // With a password it is written at once: that takes no more than to read one back and compare.
    if (context.authType !== "none" || (context.apn === "" && !active)) return false;
    const [type, apn, , , authentication] = await this.#query(cid);
    const right =
      toInteger(type) === TYPES[context.pdpType] &&
      decodeAscii(apn?.text ?? "") === context.apn &&
      toInteger(authentication) === 0;
    if (right) this.#known.set(cid, context);
    return right;
  }

  /** @throws {ModemError} `INVALID_INPUT`, naming the field that no command can carry */
  check(context: PdpContext): void {
    definition(context, TYPES[context.pdpType]);
  }

  async write(context: PdpContext): Promise<void> {
    try {
      await this.#send(context, TYPES[context.pdpType]);
    } catch (error) {
      // The first firmware knows only IPv4 (TCP/IP manual V1.0), which is one half of IPV4V6.
      if (!isModemError(error, "MODEM_REJECTED") || context.pdpType !== "IPV4V6") throw error;
      await this.#send(context, TYPES.IP);
    }
    this.#known.set(context.cid, context);
  }

  async read(cid: number): Promise<StoredDefinition> {
    const known = this.#known.get(cid);
    if (known !== undefined) return known;
    const [type, apn] = await this.#query(cid);
    const [pdpType = "IP"] = (Object.keys(TYPES) as PdpType[]).filter((name) => TYPES[name] === toInteger(type));
    return { apn: decodeAscii(apn?.text ?? ""), pdpType };
  }

  async #send(context: PdpContext, type: number): Promise<void> {
    await this.#channel.send(definition(context, type));
  }

  /** The fields behind the context's number, which the answer may or may not repeat (AT facts 2.1: it does not). */
  async #query(cid: number): Promise<AnswerField[]> {
    const question = query("+QICSGP=", [cid], { confidential: true });
    // A context that was never defined has nothing to tell.
    const [fields = []] = (await unlessRejected(ask(this.#channel, question))) ?? [];
    return fields[1]?.quoted === false ? fields.slice(1) : fields;
  }
}

function definition({ cid, apn, user = "", password = "", authType }: PdpContext, type: number): Command {
  return command("+QICSGP=", [
    cid,
    type,
    quote(apn, { field: "apn", max: APN_LENGTH }),
    quote(user, { field: "apnUser", max: CREDENTIAL_LENGTH, secret: user !== "" }),
    quote(password, { field: "apnPassword", max: CREDENTIAL_LENGTH, secret: password !== "" }),
    AUTHENTICATIONS[authType],
  ]);
}

function same(one: PdpContext, other: PdpContext): boolean {
  const key = ({ apn, pdpType, authType, user = "", password = "" }: PdpContext): string =>
    JSON.stringify([apn, pdpType, authType, user, password]);
  return key(one) === key(other);
}
