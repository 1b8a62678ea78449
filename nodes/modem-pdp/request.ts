import type { PingOptions } from "../../driver/services/diagnostics";
import { isServerAddress } from "../../driver/services/name-servers";
import type { PdpType } from "../../driver/services/packet-data";
import { invalid } from "../common/errors";
import { contextId } from "../common/message/context-id";
import { hostName, optionalChoice, optionalInteger, optionalText, pick, requiredText } from "../common/message/input";
import type { Message } from "../common/types";
import { PDP_TYPES } from "../modem/types";
import { type ModemPdpProperties, PDP_ACTION_CHOICES, PDP_ACTIONS, type PdpAction, PING_RANGES } from "./types";

/** A checked request: what to do and with what. */
export type PdpRequest =
  | { readonly action: "activate"; readonly context: ContextRequest; readonly dns: DnsRequest | undefined }
  | { readonly action: "deactivate" | "status"; readonly cid: number | undefined }
  | { readonly action: "ping"; readonly host: string; readonly options: PingOptions }
  | { readonly action: "resolve"; readonly host: string; readonly cid: number | undefined };

export interface ContextRequest {
  readonly cid?: number;
  readonly apn?: string;
  readonly pdpType?: PdpType;
}

export interface DnsRequest {
  readonly primary: string;
  readonly secondary: string;
}

/** @throws {ModemError} `INVALID_INPUT` */
export function pdpAction(properties: ModemPdpProperties, message: Message): PdpAction {
  const chosen = optionalChoice(properties.action, "action", PDP_ACTION_CHOICES) ?? "msg";
  if (chosen !== "msg") return chosen;
  const asked = optionalChoice(message.action, "msg.action", PDP_ACTIONS);
  if (asked === undefined) throw invalid("msg.action", `is missing: it must be one of ${PDP_ACTIONS.join(", ")}`);
  return asked;
}

/** Calls `host` only if the action needs one. @throws {ModemError} `INVALID_INPUT` */
export async function pdpRequest(
  properties: ModemPdpProperties,
  message: Message,
  host: () => Promise<string>,
): Promise<PdpRequest> {
  const action = pdpAction(properties, message);
  const cid = contextId(properties.cid, message);
  switch (action) {
    case "activate":
      return { action, context: context(properties, message, cid), dns: dnsServers(properties) };
    case "deactivate":
    case "status":
      return { action, cid };
    case "resolve":
      return { action, cid, host: await host() };
    case "ping":
      return { action, host: await host(), options: pingOptions(message, cid) };
  }
}

function context(properties: ModemPdpProperties, message: Message, cid: number | undefined): ContextRequest {
  const apn = pick("apn", properties.apn, message.apn);
  const apnText = optionalText(apn.value, apn.field);
  const pdpType = optionalChoice(properties.pdpType, "pdpType", PDP_TYPES);
  return {
    ...(cid === undefined ? {} : { cid }),
    ...(apnText === undefined ? {} : { apn: apnText }),
    ...(pdpType === undefined ? {} : { pdpType }),
  };
}

function dnsServers(properties: ModemPdpProperties): DnsRequest | undefined {
  const primary = address(properties.primaryDns, "primaryDns");
  const secondary = address(properties.secondaryDns, "secondaryDns");
  return primary === "" && secondary === "" ? undefined : { primary, secondary };
}

function address(value: unknown, field: string): string {
  const text = optionalText(value, field)?.trim() ?? "";
  if (text !== "" && !isServerAddress(text)) throw invalid(field, "must be an IP address");
  return text;
}

function pingOptions(message: Message, cid: number | undefined): PingOptions {
  const given: Record<string, number> = cid === undefined ? {} : { cid };
  for (const name of ["count", "size", "timeout", "ttl"] as const) {
    const value = optionalInteger(message[name], `msg.${name}`, PING_RANGES[name]);
    if (value !== undefined) given[name] = value;
  }
  return given;
}

/** The host from the dialog, which is a template, or from the message. */
export async function pdpHost(
  properties: ModemPdpProperties,
  message: Message,
  render: (template: string) => Promise<string>,
): Promise<string> {
  const { value, field } = pick("host", properties.host, message.host);
  const text = requiredText(value, field, ": enter a host in the node or send one");
  return hostName(field === "host" ? await render(text) : text, field);
}
