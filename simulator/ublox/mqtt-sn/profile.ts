import type { Modem } from "../../modem";

export const USUAL_PORT = 1883;

/** What +UMQTTSN sets (guide 7.1). Texts are as the command line had them, one character a byte. */
export interface MqttSnProfile {
  clientId: string;
  /** Name of the gateway, op 1. */
  server: string;
  port: number;
  /** Op 2, for when op 1 is empty. */
  address: string;
  addressPort: number;
  willQos: number;
  willRetain: number;
  willTopic: string;
  willMessage: string;
  /** Keep-alive, s; 0: none */
  duration: number;
  secure: number;
  /** Profile of +USECPRF. */
  security: number | undefined;
  cleanSession: number;
  cid: number | undefined;
  /** 0 IPv4, 1 IPv6 */
  preferredType: number;
}

/** The client id is the IMEI (guide 7.1.1). A clean session has to be asked for (guide 7.11). */
export function factoryProfile(modem: Modem): MqttSnProfile {
  return {
    clientId: modem.options.imei,
    server: "",
    port: USUAL_PORT,
    address: "",
    addressPort: USUAL_PORT,
    willQos: 0,
    willRetain: 0,
    willTopic: "",
    willMessage: "",
    duration: 0,
    secure: 0,
    security: undefined,
    cleanSession: 0,
    cid: undefined,
    preferredType: 0,
  };
}

const STORED = "ublox.mqtt-sn-profile";

/** Guide 7.1.3. */
export function storeProfile(modem: Modem, profile: MqttSnProfile): void {
  modem.storage.set(STORED, { ...profile });
}

/** What was stored, or the factory's. */
export function storedProfile(modem: Modem): MqttSnProfile {
  return { ...factoryProfile(modem), ...modem.storage.get<MqttSnProfile>(STORED) };
}

/** The profile in force; a start brings the factory's. */
export function mqttSnProfile(modem: Modem): MqttSnProfile {
  return modem.service("ublox.mqtt-sn-profile", factoryProfile);
}

export function replaceProfile(modem: Modem, profile: MqttSnProfile): void {
  Object.assign(mqttSnProfile(modem), profile);
}
