import type { BROKER_PRESETS } from "./types";

export type BrokerPreset = (typeof BROKER_PRESETS)[number];

/** What a service of u-blox asks of an MQTT-SN session (guide 7.11, 7.12). */
interface PresetValues {
  readonly host: string;
  readonly port: number;
  /** In front of the number that the service gave the device. */
  readonly clientPrefix: string;
  /** s; left out where the service names none. */
  readonly keepAlive?: number;
}

export const PRESETS: Readonly<Record<BrokerPreset, PresetValues>> = {
  // The guide names no gateway; u-blox AT facts 5.3.
  anywhere: { host: "10.7.0.55", port: 2442, clientPrefix: "identity:", keepAlive: 600 },
  flex: { host: "mqtt-flex.thingstream.io", port: 2443, clientPrefix: "device:" },
};

export function presetOf(value: unknown): PresetValues | undefined {
  return Object.hasOwn(PRESETS, String(value)) ? PRESETS[value as BrokerPreset] : undefined;
}

/** The client id that a preset makes of what is entered already. */
export function presetClientId(entered: string, { clientPrefix }: PresetValues): string {
  const others = Object.values(PRESETS).map((preset) => preset.clientPrefix);
  const other = others.find((prefix) => entered.startsWith(prefix)) ?? "";
  return clientPrefix + entered.slice(other.length);
}
