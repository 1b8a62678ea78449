import { ModemError } from "../../driver/errors";
import { sessionLimit } from "../common/model-fit";
import type { ModemNode } from "../common/types";
import type { BrokerProtocol } from "./types";

/** Whoever has a session of a modem, in the order of the flow. */
interface Place {
  readonly called: string;
  readonly protocol: BrokerProtocol;
}

const places = new WeakMap<ModemNode, Set<Place>>();

/**
 * Takes one of the sessions that the modem can have of this protocol.
 *
 * @returns a function that gives it back
 * @throws {ModemError} `MODEM_BUSY`, `NOT_SUPPORTED`, where the modem's model is known before it answers
 */
export function takePlace(modem: ModemNode, place: Place): () => void {
  const taken = places.get(modem) ?? new Set<Place>();
  places.set(modem, taken);
  const { knownModel } = modem;
  const others = [...taken].filter(({ protocol }) => protocol === place.protocol);
  if (knownModel !== undefined) checkPlaces(knownModel, place.protocol, others);
  taken.add(place);
  return () => taken.delete(place);
}

function checkPlaces(
  { name, limits }: NonNullable<ModemNode["knownModel"]>,
  protocol: BrokerProtocol,
  others: readonly Place[],
): void {
  const words = protocol === "mqtt" ? "MQTT" : "MQTT-SN";
  const most = sessionLimit(protocol, limits);
  if (most === 0) throw new ModemError("NOT_SUPPORTED", `protocol: ${name} has no ${words} client`);
  if (others.length < most) return;
  const owners = others.map(({ called }) => called).join(", ");
  const count = most === 1 ? `one ${words} session, which` : `${most} ${words} sessions, which`;
  throw new ModemError("MODEM_BUSY", `${name} has ${count} broker ${owners} has already: share it, or delete one`);
}
