import type { QoS } from "../../internet/mqtt/types";
import type { Call, CommandDefinition } from "../../line/command";
import type { Modem } from "../../modem";
import type { Parameters } from "../parameters";
import { type Exchange, type MqttClient, State } from "./client";
import { mqttClients } from "./clients";
import { asText, mqttParameters, notNow } from "./errors";
import { HIGHEST_ID, IDENTITY, topicAt } from "./settings";

const MESSAGE_ID = { min: 1, max: 65_535 } as const;
const MOST_PARAMETERS = 64;

/** What both commands begin with. */
interface Head {
  readonly client: MqttClient;
  readonly messageId: number;
}

function headOf(parameters: Parameters, modem: Modem): Head {
  const client = mqttClients(modem).get(parameters.number(0, IDENTITY));
  const messageId = parameters.number(1, MESSAGE_ID);
  return { client, messageId };
}

function perform(call: Call, { client, messageId }: Head, exchange: Omit<Exchange, "messageId">): void {
  client.need(State.Connected);
  client.needFree(messageId);
  call.afterResult(() => client.exchange({ ...exchange, messageId }));
}

/** The result has what the broker granted for each topic; 128: refused. */
function subscribe(call: Call, modem: Modem): void {
  const parameters = mqttParameters(call).expect(4, MOST_PARAMETERS);
  if (parameters.count % 2 === 1) throw notNow("a topic without its QoS");
  const head = headOf(parameters, modem);
  const subscriptions = Array.from({ length: parameters.count / 2 - 1 }, (_, index) => ({
    filter: asText(topicAt(parameters, 2 + 2 * index)),
    qos: parameters.number(3 + 2 * index, { min: 0, max: 2 }) as QoS,
  }));
  perform(call, head, {
    command: "+QMTSUB",
    run: (connection, wait) => connection.subscribe(subscriptions, wait, head.messageId),
  });
}

function unsubscribe(call: Call, modem: Modem): void {
  const parameters = mqttParameters(call).expect(3, MOST_PARAMETERS);
  const head = headOf(parameters, modem);
  const filters = Array.from({ length: parameters.count - 2 }, (_, index) => asText(topicAt(parameters, 2 + index)));
  perform(call, head, {
    command: "+QMTUNS",
    async run(connection, wait) {
      await connection.unsubscribe(filters, wait, head.messageId);
      return [];
    },
  });
}

/** AT facts 6. */
export const mqttSubscriptionCommands: readonly CommandDefinition[] = [
  {
    name: "+QMTSUB",
    test: (call) => call.info(`+QMTSUB: (0-${HIGHEST_ID}),(1-65535),<topic>,(0-2)`),
    set: subscribe,
  },
  { name: "+QMTUNS", test: (call) => call.info(`+QMTUNS: (0-${HIGHEST_ID}),(1-65535),<topic>`), set: unsubscribe },
];
