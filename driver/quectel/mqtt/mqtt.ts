import type { Channel } from "../../at/channel-types";
import { type Field, quote } from "../../at/fields";
import { askWhole } from "../../cellular/commands";
import { isModemError, ModemError } from "../../errors";
import type { BrokerSession, MqttOptions, MqttService, SessionEvents } from "../../services/mqtt/mqtt";
import { acquireBefore, Deadline } from "../../services/waiting/deadline";
import { type AcquireOptions, Pool } from "../../services/waiting/pool";
import { query } from "../commands";
import type { QuectelPacketData } from "../packet-data/packet-data";
import { explainTls } from "../security/diagnosis";
import type { QuectelSecurity, SslLease } from "../security/security";
import { isModemGone } from "../sockets/connect";
import type { SocketNumbers } from "../sockets/numbers";
import type { KnownModem, QuectelTraits } from "../traits";
import { MqttClient } from "./client";
import { closeOrphanedClients } from "./leftovers";
import { abandon, type Login, logIn } from "./log-in";
import { type MqttPlan, planSession } from "./plan";
import { MqttSession } from "./session";
import { MqttFirmware } from "./settings";
import { MqttUrcs } from "./urcs";

const IMEI = /^\d{14,16}$/;
/** What +QMTOPEN reports when it has got no connection, for whatever reason. */
const NOT_OPENED = -1;

/** What MQTT uses of the rest. */
export interface MqttNeeds {
  readonly packetData: QuectelPacketData;
  readonly security: QuectelSecurity;
  readonly numbers: SocketNumbers;
  readonly model: QuectelTraits;
}

/** What a session has while it lives. */
interface Holdings {
  readonly number: number;
  leaveContext?: () => void;
  lease?: SslLease;
}

type Opening = Pick<Login, "plan" | "cid" | "clientId" | "deadline"> & { readonly events: SessionEvents };

/** The modem's MQTT clients (AT facts 6). */
export class QuectelMqtt implements MqttService {
  readonly #modem: KnownModem;
  readonly #needs: MqttNeeds;
  readonly #clients: Pool<number>;
  readonly #firmware = new MqttFirmware();
  readonly #urcs: MqttUrcs;
  /** Logging in, and asking who is logged in: both have lines of one form. */
  readonly #loginTurn: Pool<string>;
  /** Clients that may be open on the modem without a session. */
  readonly #suspects: Set<number>;
  readonly #leave: () => void;

  constructor(channel: Channel, needs: MqttNeeds) {
    const { model, packetData } = needs;
    this.#needs = needs;
    this.#modem = { channel, model };
    this.#clients = new Pool(numbersOf(model), { name: `MQTT clients of ${model.name}` });
    this.#loginTurn = new Pool(["login"], { name: `MQTT logins of ${model.name}` });
    this.#suspects = new Set(numbersOf(model));
    this.#urcs = new MqttUrcs(channel);
    this.#leave = packetData.onLost((cid, reason) => {
      const error = new ModemError("NO_CONNECTION", `Data connection ${cid} was lost: ${reason}`);
      this.#urcs.loseContext(cid, error);
    });
  }

  async connect(options: MqttOptions, events: SessionEvents): Promise<BrokerSession> {
    const plan = planSession(options, this.#needs.model);
    options.signal?.throwIfAborted();
    const deadline = new Deadline(options.timeout, plan.operation, options.signal);
    const connecting = this.#connect(plan, options.owner, deadline, events);
    try {
      return await deadline.race(connecting);
    } catch (error) {
      // One that stands after the deadline is left again.
      void connecting.then(
        (session) => session.end({}),
        () => undefined,
      );
      throw error;
    }
  }

  /** Closes what an earlier session, whose port was unplugged, left open on the modem. */
  async closeOrphanedClients(): Promise<void> {
    if (await closeOrphanedClients(this.#modem)) this.#suspects.clear();
  }

  /** The modem has forgotten its sessions. */
  reset(): void {
    this.#urcs.loseAll(new ModemError("MODEM_RESTARTED", "The modem was set up again; its MQTT sessions are gone"));
    this.#firmware.reset();
    for (const number of numbersOf(this.#needs.model)) this.#suspects.add(number);
  }

  dispose(error: Error): void {
    this.#leave();
    this.#urcs.dispose();
    this.#urcs.loseAll(isModemError(error) ? error : new ModemError("MODEM_OFFLINE", error.message));
    this.#clients.close(error);
    this.#loginTurn.close(error);
  }

  async #connect(plan: MqttPlan, owner: string, deadline: Deadline, events: SessionEvents): Promise<MqttSession> {
    const number = await this.#clients.acquire(waitFor(deadline, owner));
    const holdings: Holdings = { number };
    try {
      const { packetData, security } = this.#needs;
      deadline.signal.throwIfAborted();
      const cid = plan.cid ?? packetData.defaultCid;
      await packetData.require(cid);
      if (plan.ssl !== undefined) holdings.lease = await security.acquire(plan.ssl, waitFor(deadline, owner));
      const clientId = plan.clientId ?? (await this.#imei());
      return await this.#open({ plan, cid, clientId, deadline, events }, holdings);
    } catch (error) {
      this.#giveBack(holdings, isModemError(error, "TLS_FAILED"));
      throw error;
    }
  }

  async #open(opening: Opening, holdings: Holdings): Promise<MqttSession> {
    const { plan, cid, deadline, events } = opening;
    const { number, lease } = holdings;
    const client = new MqttClient(this.#modem, number);
    const firmware = this.#firmware;
    const session = new MqttSession({
      client,
      firmware,
      operation: plan.operation,
      cid,
      events,
      isConnected: () => this.#loginTurn.withItem(() => client.isConnected()),
      release: (isClosed) => {
        if (isClosed) this.#suspects.delete(number);
        this.#giveBack(holdings);
      },
    });
    this.#urcs.watch(number, session);
    const isSuspect = this.#suspects.has(number);
    this.#suspects.add(number);
    const signal = AbortSignal.any([deadline.signal, session.ended]);
    try {
      await logIn({ ...opening, client, firmware, lease, isSuspect, signal, turn: this.#loginTurn });
      session.open();
      holdings.leaveContext = this.#needs.packetData.hold(cid);
      return session;
    } catch (error) {
      const explained = await this.#explain(error, opening, lease);
      await session.end({});
      const mayOpen = !isModemError(error) || error.cause.result === undefined;
      if (!isModemGone(error) && (await abandon(client, mayOpen))) this.#suspects.delete(number);
      throw explained;
    }
  }

  /** Over TLS a failed connection may be a failed handshake. */
  async #explain(error: unknown, { plan, cid, deadline }: Opening, lease: SslLease | undefined): Promise<unknown> {
    const { ssl, operation, host, port } = plan;
    if (ssl === undefined || lease === undefined || deadline.signal.aborted) return error;
    if (!isModemError(error) || error.cause.errorCode !== NOT_OPENED) return error;
    const server = { cid, host, port };
    const failed = { operation, error, number: NOT_OPENED, server, plan: ssl, lease, remaining: deadline.remaining };
    return explainTls(this.#modem, this.#needs.numbers, failed);
  }

  #giveBack(holdings: Holdings, suspect = false): void {
    this.#urcs.unwatch(holdings.number);
    holdings.leaveContext?.();
    holdings.lease?.release({ suspect });
    this.#clients.release(holdings.number);
  }

  async #imei(): Promise<Field> {
    const read = query("+CGSN", [], { expects: [{ prefix: "bare" }] });
    const imei = await askWhole(this.#modem.channel, read, ([fields = []]) => {
      const text = fields[0]?.text ?? "";
      return IMEI.test(text) ? text : undefined;
    });
    return quote(imei, { field: "clientId", max: imei.length });
  }
}

function numbersOf({ limits }: QuectelTraits): number[] {
  return Array.from({ length: limits.mqttSessions }, (_value, number) => number);
}

function waitFor({ remaining, outer }: Deadline, owner: string): AcquireOptions {
  return acquireBefore({ remaining, ...(outer && { signal: outer }) }, owner);
}
