import type { Field } from "../../at/fields";
import { toInteger } from "../../at/fields";
import { isModemError, ModemError } from "../../errors";
import { acquireBefore, type Deadline } from "../../services/waiting/deadline";
import type { Pool } from "../../services/waiting/pool";
import { translated } from "../errors";
import type { SslLease } from "../security/security";
import { LATE_MS } from "../timeouts";
import { isResultOf, type MqttClient, type OrderResult } from "./client";
import { loginError, openError, unreadable } from "./errors";
import type { MqttPlan } from "./plan";
import { configure, type MqttFirmware } from "./settings";

/** +QMTOPEN reports it of a client that is open already. */
const OCCUPIED = 2;

/** What a client is to log in with. */
export interface Login {
  readonly client: MqttClient;
  readonly firmware: MqttFirmware;
  readonly plan: MqttPlan;
  readonly cid: number;
  readonly clientId: Field;
  readonly lease: SslLease | undefined;
  /** The client may be open. */
  readonly isSuspect: boolean;
  readonly deadline: Deadline;
  /** Ends it: the deadline's, and the session's own. */
  readonly signal: AbortSignal;
  /** Held while it logs in. */
  readonly turn: Pool<string>;
}

/**
 * Opens a client's connection to the broker and logs in. Where that fails the client is closed again.
 *
 * @throws {ModemError} in words, with the modem's number in `cause`; the reason of the signal
 */
export async function logIn(login: Login): Promise<void> {
  const { client, isSuspect, plan, signal, deadline, turn } = login;
  signal.throwIfAborted();
  if (isSuspect) await client.close();
  try {
    await open(login).catch(async (error: unknown) => {
      if (!isOccupied(error)) throw error;
      // By a gateway before this one, or by a flow's own command.
      await client.close();
      await open(login);
    });
    const waiting = acquireBefore({ remaining: deadline.remaining, signal: deadline.outer }, plan.operation);
    await turn.withItem(() => present(login), waiting);
  } catch (error) {
    // The modem refuses what comes behind the end of a session, too.
    throw signal.aborted && isModemError(error, "MODEM_REJECTED") ? signal.reason : translated(error, plan.operation);
  }
}

async function open({ client, plan, cid, lease, firmware, signal, deadline }: Login): Promise<void> {
  const { operation, server, port } = plan;
  const { timeouts } = client.modem.model;
  await configure(client.modem, client.number, plan, { cid, sslContext: lease?.context }, firmware);
  signal.throwIfAborted();
  const { result, report } = await client.run({
    name: "+QMTOPEN",
    operation,
    parameters: [server, port],
    options: { signal },
    timeout: Math.min(deadline.remaining + LATE_MS, timeouts.mqttOpen + (lease === undefined ? 0 : timeouts.negotiate)),
    signal,
  });
  if (result !== 0) throw openError(result, report);
}

/** Settings of a client that is open are refused, where its opening is not. */
function isOccupied(error: unknown): boolean {
  if (!isModemError(error)) return false;
  const { result = "", errorCode } = error.cause;
  return result.startsWith("+QMTOPEN:") ? errorCode === OCCUPIED : error.code === "MODEM_REJECTED";
}

/** Tells the broker who it is. */
async function present({ client, plan, clientId, signal }: Login): Promise<void> {
  signal.throwIfAborted();
  const { operation, credentials } = plan;
  const answer = await client.run({
    name: "+QMTCONN",
    operation,
    parameters: [clientId, ...credentials],
    options: { signal },
    timeout: client.packetTime,
    signal,
  });
  checkLogin(answer);
}

/** `<result>[,<return code>]` */
function checkLogin({ result, rest: [code], report }: OrderResult): void {
  const returned = code === undefined ? 0 : toInteger(code);
  if (result < 0 || Number.isNaN(returned)) throw unreadable(report);
  if (returned !== 0) throw loginError(returned, report);
  if (result === 0) return;
  const text = `${report.operation}: the broker did not answer the login (${result})`;
  throw new ModemError("CONNECT_FAILED", text, { ...report, errorCode: result });
}

/**
 * Closes a client that did not log in. Where its connection may yet open, since the result has not come, the modem may
 * not hear of that before it has.
 *
 * @returns whether it is closed
 */
export async function abandon(client: MqttClient, mayOpen: boolean): Promise<boolean> {
  const { channel, model } = client.modem;
  const isResult = isResultOf("+QMTOPEN", client.number);
  const wait = { timeout: model.timeouts.mqttOpen, operation: "Giving up an MQTT connection" };
  const late = channel.waitForUrc((line) => isResult(line) || undefined, wait);
  try {
    const outcome = await client.close();
    if (outcome === "failed" || outcome === "closed" || !mayOpen) return outcome !== "failed";
    late.start();
    const hasCome = await late.promise.then(
      () => true,
      () => false,
    );
    return hasCome && (await client.close()) !== "failed";
  } catch (error) {
    channel.note(`Giving up an MQTT connection: ${String(error)}`);
    return false;
  } finally {
    late.cancel();
  }
}
