import { isIP } from "node:net";
import { type Field, integer, quote } from "../../at/fields";
import { withoutBrackets } from "../../cellular/addresses";
import { ModemError } from "../../errors";
import { checkClientId, checkQos, checkTopic } from "../../services/mqtt/checks";
import type { SessionOptions, Will } from "../../services/mqtt/mqtt";
import { text } from "../../services/mqtt/plan";
import { addressFamily } from "../addresses";
import type { SecureServer } from "../security/server";
import type { UbloxTraits } from "../traits";

/** A server as both profiles take it. */
export interface ServerPlan {
  readonly host: string;
  readonly port: number;
  readonly server: Field;
  /** Undefined where the server is a name: it is what the context has. */
  readonly family: 0 | 1 | undefined;
  readonly cid?: number;
}

/** What both protocols' sessions are asked for, checked and quoted. */
export interface SessionPlan extends ServerPlan {
  /** For messages. */
  readonly operation: string;
  /** Left out: the IMEI. */
  readonly clientId?: Field;
  readonly keepAlive: number;
  readonly cleanSession: boolean;
  readonly will?: WillPlan;
  readonly security?: { readonly profile: NonNullable<SessionOptions["security"]>; readonly server: SecureServer };
}

export interface WillPlan {
  readonly qos: number;
  readonly retain: number;
  readonly topic: Field;
  readonly message: Field;
}

/** s */
const MAX_KEEP_ALIVE = 65_535;

/** @throws {ModemError} `INVALID_INPUT`, naming the field */
export function planSession(protocol: string, options: SessionOptions, model: UbloxTraits): SessionPlan {
  const { clientId = "", keepAlive, cleanSession, will, security } = options;
  const { setting } = model.limits.client;
  const server = planServer(options, model);
  const { host, port } = server;
  if (clientId !== "") checkClientId(clientId, setting);
  return {
    ...server,
    operation: `${protocol} session with ${host}:${port}`,
    ...(clientId !== "" && { clientId: text(clientId, "clientId", setting) }),
    keepAlive: integer(keepAlive, { field: "keepAlive", min: 0, max: MAX_KEEP_ALIVE }),
    cleanSession,
    ...(will && { will: planWill(will, model) }),
    ...(security && { security: { profile: security, server: { host, port } } }),
  };
}

export function planServer(
  options: Pick<SessionOptions, "host" | "port" | "cid">,
  { limits }: UbloxTraits,
): ServerPlan {
  const host = withoutBrackets(options.host);
  if (host === "") throw new ModemError("INVALID_INPUT", "host is empty");
  if (host.includes(" ")) throw new ModemError("INVALID_INPUT", "host contains a blank");
  const { cid } = options;
  return {
    host,
    port: integer(options.port, { field: "port", min: 1, max: 65_535 }),
    server: quote(host, { field: "host", max: limits.client.setting }),
    family: isIP(host) === 0 ? undefined : addressFamily(host),
    ...(cid !== undefined && { cid: integer(cid, { field: "cid", min: 1, max: limits.contexts }) }),
  };
}

/** The profile takes a message as text alone (AT facts 5.2). */
export function planWill({ topic, payload, qos, retain }: Will, { limits }: UbloxTraits): WillPlan {
  const { setting } = limits.client;
  checkTopic(topic, { field: "will: topic", max: setting });
  const message = Buffer.from(payload).toString();
  if (!Buffer.from(message).equals(payload))
    throw new ModemError("INVALID_INPUT", "will: payload is no text, and the modem keeps no other for a will");
  return {
    qos: checkQos(qos, "will: qos"),
    retain: retain ? 1 : 0,
    topic: text(topic, "will: topic", setting),
    message: { ...text(message, "will: payload", setting), shown: '"***"' },
  };
}
