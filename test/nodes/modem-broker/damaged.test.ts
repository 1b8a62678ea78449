import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { ModemError } from "../../../driver/errors";
import type { Services } from "../../../driver/services/model";
import type { SessionEvents } from "../../../driver/services/mqtt/mqtt";
import type { ObservableModem } from "../../../nodes/common/types";
import { Broker } from "../../../nodes/modem-broker/broker";
import { openSession } from "../../../nodes/modem-broker/open-session";
import { brokerSettings } from "../../../nodes/modem-broker/settings";
import { MODEM_BROKER_DEFAULTS } from "../../../nodes/modem-broker/types";

const SESSION = { publish() {}, subscribe() {}, unsubscribe() {}, ping() {}, async disconnect() {} };

it.each(["mqtt", "mqtt-sn"])(
  "a message of %s that is lost on the line is told, and the session goes on",
  async (protocol) => {
    let told: SessionEvents<never> | undefined;
    const client = {
      connect: async (_options: unknown, events: SessionEvents<never>) => {
        told = events;
        return SESSION;
      },
    };
    const services = { mqtt: client, mqttSn: client } as unknown as Services;
    const modem = Object.assign(new EventEmitter(), { state: "ready", ready: async () => services });
    const properties = {
      ...MODEM_BROKER_DEFAULTS,
      name: "",
      version: 1,
      modem: "m",
      protocol,
      host: "broker.test",
      outbox: "off",
    };
    const settings = brokerSettings(properties, {});
    const errors: ModemError[] = [];
    const broker = new Broker({
      settings,
      modem: modem as unknown as ObservableModem,
      called: "broker.test",
      outboxPath: undefined,
      open: (offered, login, events, limit) =>
        openSession(offered, { settings, login, owner: "broker", security: undefined, ...limit }, events),
      onError: (error) => void errors.push(error),
      onWarning: () => undefined,
    });
    await broker.connect();
    const wait = { timeout: 5000, signal: AbortSignal.timeout(5000) };
    await broker.connected(wait, "connect");
    const error = new ModemError("MODEM_REJECTED", "A message could not be read");
    told?.onDamaged?.(error);
    expect(errors).toEqual([error]);
    expect(broker.state).toBe("connected");
    await broker.close(error);
  },
);
