import type { Channel } from "../../at/channel-types";
import type { DiagnosticsService } from "../../services/diagnostics";
import type { SessionEvents, SessionOptions } from "../../services/mqtt/mqtt";
import type { MqttSnService, MqttSnSession, SnDatagram, SnTopic } from "../../services/mqtt-sn/mqtt-sn";
import type { PacketDataService } from "../../services/packet-data";
import type { ErrorMeaning } from "../error-tables";
import { BrokerClient } from "../mqtt-client/client";
import { explainFailure } from "../mqtt-client/errors";
import type { Files } from "../mqtt-client/message-file";
import { planServer, planSession, type ServerPlan, type SessionPlan } from "../mqtt-client/plan";
import type { ClientProtocol } from "../mqtt-client/protocol";
import type { SessionLife } from "../mqtt-client/session-life";
import { ClientSessions } from "../mqtt-client/sessions";
import type { UbloxSecurity } from "../security/security";
import type { UbloxTraits } from "../traits";
import { MQTT_SN_ERRORS } from "./errors";
import { planSnPublication, type SnPublicationPlan, SnPublisher } from "./publish";
import { parseSnMessage } from "./read";
import { UbloxMqttSnSession } from "./session";
import { gatewaySettings, mqttSnSettings } from "./settings";
import { TopicIds } from "./topics";

const MQTT_SN: ClientProtocol = {
  name: "MQTT-SN",
  profile: "+UMQTTSN",
  memory: "+UMQTTSNNV",
  control: "+UMQTTSNC",
  lastError: "+UMQTTSNER",
  urcs: ["+UUMQTTSNC:", "+UMQTTSNC:"],
  read: 9,
  ping: 10,
  errors: { errorClass: 14, meanings: MQTT_SN_ERRORS },
};

/** −1 in the commands (AT facts 5.3). */
const WITHOUT_SESSION = 3;
const UNSENT: ErrorMeaning = { code: "MODEM_TIMEOUT", text: "the modem could not send it" };

export interface MqttSnParts {
  readonly channel: Channel;
  readonly packetData: Pick<PacketDataService, "onLost" | "status">;
  readonly diagnostics: Pick<DiagnosticsService, "resolve">;
  readonly files: Files;
  readonly security: Pick<UbloxSecurity, "connect">;
  readonly model: UbloxTraits;
}

/** MQTT-SN by the modem's client (guide 7). */
export class UbloxMqttSn implements MqttSnService {
  readonly #model: UbloxTraits;
  readonly #client: BrokerClient;
  readonly #sessions: ClientSessions;
  readonly #publisher: SnPublisher;
  #current: { readonly plan: SessionPlan; readonly life: SessionLife<SnTopic> } | undefined;

  constructor({ channel, model, files, ...parts }: MqttSnParts) {
    const client = new BrokerClient(MQTT_SN, channel, model);
    this.#client = client;
    this.#model = model;
    this.#sessions = new ClientSessions({ client, ...parts });
    this.#publisher = new SnPublisher(client, files);
  }

  async connect(options: SessionOptions, events: SessionEvents<SnTopic>): Promise<MqttSnSession> {
    const plan = planSession("MQTT-SN", options, this.#model);
    const ids = new TopicIds();
    const life = await this.#sessions.connect<SnTopic, SessionPlan>({
      plan,
      wait: options,
      events,
      settings: mqttSnSettings,
      parse: (fields) => parseSnMessage(fields, ids),
      clear: () => this.#publisher.clear(),
    });
    this.#current = { plan, life };
    return new UbloxMqttSnSession({ life, ids, publisher: this.#publisher, model: this.#model });
  }

  async send(message: SnDatagram): Promise<void> {
    const plan = planSnPublication(message, WITHOUT_SESSION, this.#model);
    const server = planServer(message, this.#model);
    const current = this.#current;
    // The profile is that of the session, which may go to another gateway.
    if (current !== undefined && !current.life.ended.aborted && isSame(current.plan, server)) {
      await current.life.operate(plan.operation, message, () => this.#send(plan));
      return;
    }
    await this.#sessions.without(plan.operation, message, async ({ signal }) => {
      const context = await this.#sessions.context(server);
      await this.#sessions.configure(gatewaySettings(server, { ...(context && { context }) }), signal);
      await this.#send(plan);
    });
  }

  reset(): void {
    this.#sessions.reset();
  }

  dispose(error: Error): void {
    this.#sessions.dispose(error);
  }

  #send(plan: SnPublicationPlan): Promise<void> {
    const { operation, topic } = plan;
    return this.#publisher.publish(plan, topic.field, async ({ command, ops }) => {
      const { succeeded } = await this.#client.run(command, { operation, ops });
      if (!succeeded) throw await explainFailure(this.#client, operation, UNSENT);
    });
  }
}

function isSame(one: ServerPlan, other: ServerPlan): boolean {
  return one.host === other.host && one.port === other.port && one.cid === other.cid;
}
