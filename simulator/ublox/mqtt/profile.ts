import type { Modem } from "../../modem";

export const USUAL_PORT = 1883;

/** What +UMQTT sets (guide 6.1). Texts are as the command line had them, one character a byte. */
export interface MqttProfile {
  clientId: string;
  /** 0: any */
  localPort: number;
  /** Name or address, op 2. */
  server: string;
  port: number;
  /** Op 3, for when op 2 is empty. */
  address: string;
  addressPort: number;
  user: string;
  password: string;
  willQos: number;
  willRetain: number;
  willTopic: string;
  willMessage: string;
  /** 1: the will's message was given in hexadecimal digits. */
  willInHex: number;
  /** s; 0: none */
  keepAlive: number;
  secure: number;
  /** Profile of +USECPRF. */
  security: number | undefined;
  cleanSession: number;
  cid: number | undefined;
  /** 0 IPv4, 1 IPv6 */
  preferredType: number;
}

/** The client id is the IMEI (guide 6.1.1). */
export function factoryProfile(modem: Modem): MqttProfile {
  return {
    clientId: modem.options.imei,
    localPort: 0,
    server: "",
    port: USUAL_PORT,
    address: "",
    addressPort: USUAL_PORT,
    user: "",
    password: "",
    willQos: 0,
    willRetain: 0,
    willTopic: "",
    willMessage: "",
    willInHex: 0,
    keepAlive: 0,
    secure: 0,
    security: undefined,
    cleanSession: 1,
    cid: undefined,
    preferredType: 0,
  };
}

const STORED = "ublox.mqtt-profile";

/** Guide 6.1.3. */
export function storeProfile(modem: Modem, profile: MqttProfile): void {
  modem.storage.set(STORED, { ...profile });
}

/** What was stored, or the factory's. */
export function storedProfile(modem: Modem): MqttProfile {
  return { ...factoryProfile(modem), ...modem.storage.get<MqttProfile>(STORED) };
}

/** The profile in force; a start brings the factory's. */
export function mqttProfile(modem: Modem): MqttProfile {
  return modem.service("ublox.mqtt-profile", factoryProfile);
}

export function replaceProfile(modem: Modem, profile: MqttProfile): void {
  Object.assign(mqttProfile(modem), profile);
}
