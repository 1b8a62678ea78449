import type { Channel } from "../at/channel-types";
import type { Prompt } from "../at/command";
import type { Dialect } from "../at/dialect";
import type { DiagnosticsService } from "./diagnostics";
import type { FileService } from "./files";
import type { HttpService } from "./http/http";
import type { MqttService } from "./mqtt/mqtt";
import type { MqttSnService } from "./mqtt-sn/mqtt-sn";
import type { PacketDataService } from "./packet-data";
import type { SecurityService } from "./security/security";
import type { SocketService } from "./sockets/sockets";

/** What a model of modem can do for a flow. */
export interface Services {
  readonly packetData: PacketDataService;
  readonly diagnostics: DiagnosticsService;
  readonly files: FileService;
  readonly http: HttpService;
  readonly security: SecurityService;
  readonly sockets: SocketService;
  readonly mqtt: MqttService;
  readonly mqttSn: MqttSnService;
}

/** What the life of a session asks of every service; most need neither. */
export interface ServiceLife {
  /** The modem has forgotten what it was told: it is being set up again. */
  reset?(): void;
  /** Ends listeners and everything that still waits, with `error`. */
  dispose?(error: Error): void;
}

/** The services that a model has. Every modem connects; what else it lacks is left out. */
export type ModelServices = { readonly packetData: PacketDataService & ServiceLife } & {
  readonly [Name in Exclude<keyof Services, "packetData">]?: Services[Name] & ServiceLife;
};

/** Settings that the modem keeps in NVM and that only a reboot puts into force. */
export interface PersistentSettings {
  /** u-blox +UMNOPROF; undefined leaves it alone. */
  readonly mnoProfile?: number;
  /** u-blox guide 2.5: 464XLAT on an IPv6-only network; undefined leaves it alone. */
  readonly xlat?: boolean;
  /** Context of the modem's own clients (u-blox guide 2.3.1, +UDCONF=19) and the kind of address they prefer. */
  readonly defaultContext?: { readonly cid: number; readonly preferIpv6: boolean };
}

/** What a modem can be asked of its SIM before the PIN is entered; undefined where it doesn't tell. */
export interface SimQuestions {
  /** The SIM's own number. */
  iccid(): Promise<string | undefined>;
  /** Attempts that the PIN has left. */
  pinAttempts(): Promise<number | undefined>;
}

/** One modem of a model on a channel: set up by `life`, used by nodes through its services. */
export interface ModelDriver<Has extends ModelServices = Services> {
  /** Each after those that it uses: they are reset in this order, and disposed of in the opposite one. */
  readonly services: Has;
  /** Left out where the model has no commands for it. */
  readonly sim?: SimQuestions;
  /** Sends the settings that the modem forgets at a reboot: error texts, URCs, hex mode off, time-outs. */
  initialise(): Promise<void>;
  /** Those that it refused, in words for the log: the modem can be used without them. */
  readonly refusals?: readonly string[];
  /**
   * Compares NVM with `settings` and writes, radio off, only what differs (flash wears out).
   * Resolves to true when something was written: the caller then reboots.
   */
  persist(settings: PersistentSettings): Promise<boolean>;
  /** Asks for a reboot; resolves at `OK`, before the modem is back. */
  reboot(): Promise<void>;
  /** Ends listeners and everything that still waits, with `error`. */
  dispose(error: Error): void;
}

/** The driver of whatever model: of its services only the data connections are certain. */
export type AnyDriver = ModelDriver<ModelServices>;

/** Where a model shows on USB: four lower-case hex digits each. */
export interface UsbIds {
  readonly vendor: string;
  /** Products of that vendor, and `vendor:product` where the model bears another one's number. */
  readonly products: readonly string[];
}

/** A setting that nodes offer and not every model has a command for, by its name. */
export type ModelSetting = "keepAlive" | "linger" | "ttl" | "tos" | "mnoProfile" | "xlat";

/** What a flow may ask for at most: the nodes check it before a message waits for the modem. */
export interface ModelLimits {
  /** Contexts are numbered from 1 to this. */
  readonly contexts: number;
  /** Characters of the name of a certificate or key. */
  readonly certificateName?: number;
  /** Header fields of a request; undefined where it takes as many as fit. */
  readonly headers?: number;
  /** s that a closed connection may wait for its last bytes. */
  readonly linger?: number;
  /** MQTT sessions at a time. */
  readonly mqttSessions?: number;
  /** Of MQTT that it speaks; all of them where it is left out. */
  readonly mqttVersions?: readonly string[];
  /** Bytes of a message that is published. */
  readonly mqttPayload?: number;
  /** Bytes of a topic or filter. */
  readonly mqttTopic?: number;
  /** The same of MQTT-SN; left out where the model has none. */
  readonly mqttSnSessions?: number;
  readonly mqttSnPayload?: number;
  readonly mqttSnTopic?: number;
  readonly lacks?: readonly ModelSetting[];
}

/** What has to be known of a vendor's commands before a flow's own may be sent; those of 27.007 are known already. */
export interface RawCommands {
  /** What the modem prints when a command wants bytes; `>` where nothing else is said. */
  readonly prompts: readonly { readonly commands: RegExp; readonly prompt: Prompt }[];
  /**
   * Where commands say how many bytes they take at their prompt, group 1; in the line that is looked at strings are
   * empty and blanks are gone.
   */
  readonly lengths: readonly RegExp[];
  /** Names of commands that carry a password or a key. */
  readonly secrets: readonly string[];
  /** Names of commands that answer with a user, a password, a key or session data, or with a file that may be a key. */
  readonly secretAnswers: readonly string[];
  /** Commands that restart the modem. */
  readonly restarts?: RegExp;
  /**
   * Commands that open data mode and end only when the host leaves it: a flow's own can't. In the line that is looked at
   * strings are empty and blanks are gone.
   */
  readonly opensData?: readonly RegExp[];
  /** Commands whose `CONNECT` bytes follow that end by themselves. */
  readonly readsData?: RegExp;
}

/** A line of the table of models. */
export interface ModelDefinition<Has extends ModelServices = ModelServices> {
  readonly name: string;
  readonly manufacturer: string;
  /** undefined where it has no USB, or shows as something that is no modem's own. */
  readonly usb?: UsbIds;
  readonly limits: ModelLimits;
  readonly raw?: RawCommands;
  /** Whether this is the model, by the answers to ATI and +CGMM together. */
  matches(identification: string): boolean;
  readonly dialect: Dialect;
  /** Longest time from a reboot until commands are answered, in ms. */
  readonly bootTime: number;
  /** Loads the vendor's services where they are not there yet, and makes the driver of one session. */
  create(channel: Channel): Promise<ModelDriver<Has>>;
}
