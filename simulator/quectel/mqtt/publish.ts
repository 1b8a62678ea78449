import type { QoS } from "../../internet/mqtt/types";
import type { Call, CommandDefinition } from "../../line/command";
import type { Modem } from "../../modem";
import { State } from "./client";
import { mqttClients } from "./clients";
import { asText, mqttParameters, notNow } from "./errors";
import { mqttFaults } from "./faults";
import { HIGHEST_ID, IDENTITY, topicAt } from "./settings";

/** Bytes (AT facts 6). */
const LONGEST_PAYLOAD = 1548;
const HIGHEST_MESSAGE_ID = 65_535;
/** Publishes without an acknowledgement (AT facts 6). */
const MOST_UNACKNOWLEDGED = 5;

async function publish(call: Call, modem: Modem): Promise<void> {
  const parameters = mqttParameters(call).expect(5, mqttFaults(modem).old ? 5 : 6);
  const client = mqttClients(modem).get(parameters.number(0, IDENTITY));
  const messageId = parameters.number(1, { min: 0, max: HIGHEST_MESSAGE_ID });
  const qos = parameters.number(2, { min: 0, max: 2 }) as QoS;
  const retain = parameters.number(3, { min: 0, max: 1 }) === 1;
  const topic = asText(topicAt(parameters, 4));
  const length = parameters.count === 6 ? parameters.number(5, { min: 1, max: LONGEST_PAYLOAD }) : undefined;
  if ((messageId === 0) !== (qos === 0)) throw notNow("the message id is 0 exactly with QoS 0");
  client.need(State.Connected);
  client.needFree(messageId);
  if (qos > 0 && client.unacknowledged >= MOST_UNACKNOWLEDGED) throw notNow("too many wait for the broker");
  const payload = await promptFor(call, length);
  client.need(State.Connected);
  call.afterResult(() =>
    client.exchange({
      command: "+QMTPUB",
      messageId,
      async run(connection, wait) {
        await connection.publish({ topic, payload, qos, retain }, wait, messageId);
        // Without an acknowledgement of the broker, that of the network ends it.
        if (qos === 0) await Promise.race([modem.internet.delay(modem.powerCycle), later(modem, wait.timeout)]);
        return [];
      },
    }),
  );
}

/** Takes so many bytes; without a length all up to Ctrl-Z. @throws {CommandError} after ESC */
function promptFor(call: Call, length: number | undefined): Promise<Buffer> {
  if (length !== undefined) return call.prompt("> ", length);
  return call.prompt("> ", LONGEST_PAYLOAD, undefined, { typed: { cancelled: notNow("cancelled") } });
}

function later(modem: Modem, ms: number): Promise<void> {
  return new Promise((resolve) => modem.later(ms, resolve));
}

function test(call: Call, modem: Modem): void {
  const length = mqttFaults(modem).old ? "" : `,(1-${LONGEST_PAYLOAD})`;
  call.info(`+QMTPUB: (0-${HIGHEST_ID}),(0-${HIGHEST_MESSAGE_ID}),(0-2),(0,1),<topic>${length}`);
}

/** AT facts 6. */
export const mqttPublishCommands: readonly CommandDefinition[] = [{ name: "+QMTPUB", test, set: publish }];
