import type { Channel } from "../../at/channel-types";
import { toInteger } from "../../at/fields";
import { ModemError } from "../../errors";
import type { DiagnosticsService } from "../../services/diagnostics";
import { checkQos } from "../../services/mqtt/checks";
import type {
  BrokerSession,
  MqttOptions,
  MqttService,
  Publication,
  Qos,
  SessionEvents,
  SessionWait,
} from "../../services/mqtt/mqtt";
import { planFilter, planPublication } from "../../services/mqtt/plan";
import type { PacketDataService } from "../../services/packet-data";
import type { ErrorMeaning } from "../error-tables";
import { BrokerClient } from "../mqtt-client/client";
import type { Files } from "../mqtt-client/message-file";
import type { ClientProtocol } from "../mqtt-client/protocol";
import type { SessionLife } from "../mqtt-client/session-life";
import { ClientSessions } from "../mqtt-client/sessions";
import type { UbloxSecurity } from "../security/security";
import type { UbloxTraits } from "../traits";
import { MQTT_ERRORS } from "./errors";
import { planConnect } from "./plan";
import { Publisher } from "./publish";
import { isQos, parseMessage } from "./read";
import { mqttSettings } from "./settings";

const MQTT: ClientProtocol = {
  name: "MQTT",
  profile: "+UMQTT",
  memory: "+UMQTTNV",
  control: "+UMQTTC",
  lastError: "+UMQTTER",
  urcs: ["+UUMQTTC:"],
  read: 6,
  ping: 8,
  errors: { errorClass: 13, meanings: MQTT_ERRORS },
};

const SUBSCRIBE = 4;
const UNSUBSCRIBE = 5;
/** The broker's return code for a subscription that it refuses (MQTT 3.1.1, 3.9.3). */
const REFUSED = 128;
const REFUSAL: ErrorMeaning = { code: "PROTOCOL_ERROR", text: "the broker refused it" };

export interface MqttParts {
  readonly channel: Channel;
  readonly packetData: Pick<PacketDataService, "onLost" | "status">;
  readonly diagnostics: Pick<DiagnosticsService, "resolve">;
  readonly files: Files;
  readonly security: Pick<UbloxSecurity, "connect">;
  readonly model: UbloxTraits;
}

/** MQTT by the modem's client (guide 6). */
export class UbloxMqtt implements MqttService {
  readonly #model: UbloxTraits;
  readonly #sessions: ClientSessions;
  readonly #publisher: Publisher;

  constructor({ channel, model, files, ...parts }: MqttParts) {
    const client = new BrokerClient(MQTT, channel, model);
    this.#model = model;
    this.#sessions = new ClientSessions({ client, ...parts });
    this.#publisher = new Publisher(client, files);
  }

  async connect(options: MqttOptions, events: SessionEvents): Promise<BrokerSession> {
    const life = await this.#sessions.connect({
      plan: planConnect(options, this.#model),
      wait: options,
      events,
      settings: mqttSettings,
      parse: parseMessage,
      clear: () => this.#publisher.clear(),
    });
    return new UbloxMqttSession(life, this.#publisher, this.#model);
  }

  reset(): void {
    this.#sessions.reset();
  }

  dispose(error: Error): void {
    this.#sessions.dispose(error);
  }
}

class UbloxMqttSession implements BrokerSession {
  readonly #life: SessionLife<string>;
  readonly #publisher: Publisher;
  readonly #model: UbloxTraits;

  constructor(life: SessionLife<string>, publisher: Publisher, model: UbloxTraits) {
    this.#life = life;
    this.#publisher = publisher;
    this.#model = model;
  }

  async publish(message: Publication, wait: SessionWait): Promise<void> {
    const plan = planPublication(message, this.#model);
    await this.#life.operate(plan.operation, wait, () => this.#publisher.publish(plan, this.#life));
  }

  async subscribe(filter: string, qos: Qos, wait: SessionWait): Promise<Qos | undefined> {
    const plan = planFilter("Subscribing to", filter, this.#model);
    const most = checkQos(qos);
    const [granted] = await this.#life.operate(plan.operation, wait, (client) =>
      this.#life.attempt({
        command: client.command(SUBSCRIBE, [most, plan.filter]),
        operation: plan.operation,
        ops: [SUBSCRIBE],
        // `<granted>,"<filter>"`: that of another filter is late.
        accepts: ([, of]) => of === undefined || `"${of.text}"` === plan.filter.wire,
        otherwise: REFUSAL,
      }),
    );
    const level = toInteger(granted);
    if (level === REFUSED) throw new ModemError("PROTOCOL_ERROR", `${plan.operation} failed: ${REFUSAL.text}`);
    return isQos(level) ? level : undefined;
  }

  async unsubscribe(filter: string, wait: SessionWait): Promise<void> {
    const { operation, filter: field } = planFilter("Unsubscribing from", filter, this.#model);
    await this.#life.operate(operation, wait, (client) => {
      const command = client.command(UNSUBSCRIBE, [field]);
      return this.#life.attempt({ command, operation, ops: [UNSUBSCRIBE], otherwise: REFUSAL });
    });
  }

  ping(wait: SessionWait): Promise<void> {
    return this.#life.ping(wait);
  }

  disconnect(wait: SessionWait): Promise<void> {
    return this.#life.disconnect(wait);
  }
}
