import type { ModelLimits, ModelSetting } from "../../driver/services/model";
import { byteLength } from "../../driver/services/mqtt/topic-text";

/** A model of which it is known before the modem answers that it is the one. */
export interface KnownModel {
  readonly name: string;
  readonly limits: ModelLimits;
}

/** A field that the model can't serve as it is filled in; `max` where less would do, `oneOf` where another would. */
export interface Misfit {
  readonly field: string;
  readonly max?: number;
  readonly oneOf?: readonly string[];
}

/** Any of a node's fields; of other values only the runtime knows what they are. */
type Fields = Readonly<Record<string, unknown>>;

/** The fields of a request that the model can't serve: too many headers. */
export function requestMisfits(fields: Fields, { limits }: KnownModel): Misfit[] {
  const { headers: max = Number.POSITIVE_INFINITY } = limits;
  const tooMany = certainHeaders(fields.headers) > max ? [{ field: "headers", max }] : [];
  return [...contextMisfits(fields, limits), ...tooMany];
}

/** The fields of a socket that the model can't serve; those that its dialog hides don't count. */
export function socketMisfits(fields: Fields, { limits }: KnownModel): Misfit[] {
  const options =
    fields.protocol === "udp" ? (["ttl", "tos"] as const) : (["keepAlive", "linger", "ttl", "tos"] as const);
  const lacking = options.filter((name) => isAsked(name, fields[name]) && limits.lacks?.includes(name));
  const { linger: max = Number.POSITIVE_INFINITY } = limits;
  const tooLong = fields.protocol !== "udp" && Number(fields.linger) > max ? [{ field: "linger", max }] : [];
  return [...contextMisfits(fields, limits), ...lacking.map((field) => ({ field })), ...tooLong];
}

/** The context, of the nodes that have no more than that. */
export function contextMisfits({ cid }: Fields, { contexts }: ModelLimits): Misfit[] {
  return Number(cid) > contexts ? [{ field: "cid", max: contexts }] : [];
}

/** The fields of a broker that the model can't serve; whether it has a session for it is another question. */
export function brokerMisfits(fields: Fields, { limits }: KnownModel): Misfit[] {
  const topics = ["birthTopic", "closeTopic", "willTopic"] as const;
  const { mqttVersions: oneOf = [] } = limits;
  const isOther = fields.protocol !== "mqtt-sn" && !oneOf.includes(String(fields.protocolVersion));
  const isAsked = oneOf.length > 0 && isGiven(fields.protocolVersion);
  return [
    ...contextMisfits(fields, limits),
    ...topics.flatMap((field) => topicMisfits(field, fields, limits)),
    ...(isAsked && isOther ? [{ field: "protocolVersion", oneOf }] : []),
  ];
}

/** The filter and the topic of a node, by its broker's `protocol`. */
export function sessionMisfits(fields: Fields, { limits }: KnownModel): Misfit[] {
  return (["topic", "publishTopic"] as const).flatMap((field) => topicMisfits(field, fields, limits));
}

/** Sessions of a protocol that the model has at a time. */
export function sessionLimit(protocol: unknown, { mqttSessions = 0, mqttSnSessions = 0 }: ModelLimits): number {
  return protocol === "mqtt-sn" ? mqttSnSessions : mqttSessions;
}

function topicMisfits(field: string, fields: Fields, { mqttTopic, mqttSnTopic }: ModelLimits): Misfit[] {
  const max = fields.protocol === "mqtt-sn" ? mqttSnTopic : mqttTopic;
  const text = String(fields[field] ?? "");
  // Of a template only the runtime knows the result.
  const isCertain = isGiven(text) && !text.includes("{{");
  return max !== undefined && isCertain && byteLength(text) > max ? [{ field, max }] : [];
}

/** Of an environment variable, which the editor sees by its name, only the runtime knows the value. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "" && !String(value).includes("${");
}

function isAsked(name: ModelSetting, value: unknown): boolean {
  return isGiven(value) && !(name === "keepAlive" && Number(value) === 0);
}

/** What the driver sends otherwise, or leaves out where it says nothing new. */
const UNCOUNTED = ["content-type", "content-length", "connection", "host", "transfer-encoding"];

/** How many different fields the rows have in any case, whatever a message or the environment holds. */
function certainHeaders(rows: unknown): number {
  if (!Array.isArray(rows)) return 0;
  const names = rows.flatMap(({ keyType, keyValue, valueType, valueValue }: Readonly<Record<string, unknown>>) => {
    const name = String(keyType === "other" ? keyValue : keyType).trim();
    const isCertain = keyType !== "msg" && valueType !== "msg" && valueValue !== "" && name !== "";
    return isCertain && ![name, valueValue].some((text) => String(text).includes("${")) ? [name.toLowerCase()] : [];
  });
  return new Set(names.filter((name) => !UNCOUNTED.includes(name))).size;
}
