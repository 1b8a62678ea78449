import type { Channel } from "../../at/channel-types";
import { splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { ask, unlessRejected } from "../../cellular/commands";
import { simTrouble } from "../../cellular/sim";
import { isModemError, ModemError } from "../../errors";
import { command, query } from "../commands";
import type { KnownModem } from "../traits";

/** +CREG states of 27.007: home and roaming. */
const REGISTERED = [1, 5];

/**
 * Goes through the checks of guide 4.1 and 4.2 after a command that needs the network failed: SIM, attach,
 * registration. Attaches when the modem is detached.
 *
 * @throws {ModemError} the cause, if it is one of these: `SIM_ERROR`, `NOT_REGISTERED`
 */
export async function checkNetwork(modem: KnownModem, operation: string): Promise<void> {
  await checkSim(modem, operation);
  await attach(modem, operation);
  await checkRegistration(modem.channel, operation);
}

async function checkSim({ channel, model }: KnownModem, operation: string): Promise<void> {
  const trouble = await simTrouble(channel, model.timeouts.sim);
  if (trouble === undefined) return;
  throw new ModemError(
    "SIM_ERROR",
    `${operation}: the SIM is not ready, the modem reports ${trouble.words}`,
    trouble.cause,
  );
}

async function attach({ channel, model }: KnownModem, operation: string): Promise<void> {
  const answer = await unlessRejected(ask(channel, query("+CGATT?")));
  if (toInteger(answer?.[0]?.[0]) !== 0) return;
  try {
    await channel.send(command("+CGATT=", [1], { timeout: model.timeouts.attach, repeatable: true }));
  } catch (error) {
    if (!isModemError(error, "MODEM_REJECTED")) throw error;
    throw new ModemError("NOT_REGISTERED", `${operation}: the network refuses the attach to packet data`, error.cause);
  }
}

/** The guide asks for +CGREG only; on LTE it is +CEREG that tells (27.007 10.1.22). Either will do. */
async function checkRegistration(channel: Channel, operation: string): Promise<void> {
  const answers: string[] = [];
  for (const name of ["+CGREG", "+CEREG"]) {
    const expects = [{ prefix: `${name}:`, accepts: (answer: Line) => splitFields(answer).length >= 2 }];
    const response = await unlessRejected(channel.send(query(`${name}?`, [], { expects })));
    const [answer] = response?.lines ?? [];
    if (answer === undefined) continue;
    if (REGISTERED.includes(toInteger(splitFields(answer)[1]))) return;
    answers.push(answer.text);
  }
  // A modem that tells nothing may well be registered.
  if (answers.length === 0) return;
  const cause = { command: "AT+CGREG?", result: answers.join(" ") };
  throw new ModemError("NOT_REGISTERED", `${operation}: the modem is not registered (${answers.join(", ")})`, cause);
}
