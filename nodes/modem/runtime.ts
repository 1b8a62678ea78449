import { join } from "node:path";
import type { Node } from "node-red";
import { type ModemError, shortened, shortPort } from "../../driver/errors";
import { knownModel, MODELS } from "../../driver/models";
import { Modem } from "../../driver/modem";
import { sharedText } from "../common/catalogue";
import { flag, isEmpty, optionalInteger, optionalNumber } from "../common/message/input";
import { migrate } from "../common/migrate";
import { onFlowsStarted, reportOnceStarted } from "../common/started";
import type { ModemNode, ObservableModem, Runtime } from "../common/types";
import { withinLimit } from "../common/within-limit";
import { MODEM_MIGRATIONS } from "./migrations";
import { OutageReporter } from "./outage";
import { servePorts } from "./ports";
import { modemSettings } from "./settings";
import { MODEM_DEFAULTS, MODEM_RANGES, type ModelChoice, type ModemCredentials, type ModemProperties } from "./types";
import { Users } from "./users";

type Definition = ModemProperties & { id: string; type: string; z: string };
type Instance = Node<ModemCredentials> & { -readonly [K in keyof Omit<ModemNode, keyof Node>]: ModemNode[K] };

const PIN_FILE = "cellular-modem-pins.json";
const REFUSAL_FILE = "cellular-modem-refusals.json";
/** Bounds for users that hang, and for users and modem together; the contract allows 5 s. */
const USERS_LIMIT_MS = 4600;
const CLOSE_LIMIT_MS = 4900;

export default function init(RED: Runtime): void {
  function ModemConfigNode(this: Instance, definition: Definition): void {
    RED.nodes.createNode(this, definition);
    const properties = migrate(definition, MODEM_MIGRATIONS);
    this.called = calledAs(properties);
    try {
      const { timeout, queue, trace } = ownSettings(properties);
      Object.assign(this, { timeout, queue });
      const settings = modemSettings(properties, this.credentials ?? {});
      this.knownModel = knownModel(settings);
      const modem = new Modem(settings, {
        ...keptFiles(RED),
        called: this.called,
      });
      observe(RED, this, modem, trace);
      this.modem = modem;
    } catch (error) {
      this.problem = error as ModemError;
      reportOnceStarted(RED, this, this.problem);
    }
    serveUsers(this, this.modem);
  }

  RED.nodes.registerType<Instance, Definition, { modemModels: ModelChoice[] }, ModemCredentials>(
    "modem",
    ModemConfigNode,
    {
      credentials: { pin: { type: "password" }, apnUser: { type: "password" }, apnPassword: { type: "password" } },
      settings: { modemModels: { value: modelChoices(), exportable: true } },
    },
  );
  servePorts(RED);
}

/** Beside the flows, so that a restart repeats nothing dangerous; without a directory of its own Node-RED keeps nothing. */
function keptFiles(RED: Runtime): { pinFile?: string; refusalFile?: string } {
  const { userDir } = RED.settings;
  if (typeof userDir !== "string" || userDir === "") return {};
  return { pinFile: join(userDir, PIN_FILE), refusalFile: join(userDir, REFUSAL_FILE) };
}

/** For the editor, which can't import the driver's table. */
function modelChoices(): ModelChoice[] {
  return MODELS.map(({ name, manufacturer, limits }) => ({ name, manufacturer, limits }));
}

function calledAs({ name, port }: ModemProperties): string {
  return isEmpty(name) ? shortPort(String(port)) : shortened(String(name));
}

/** The settings that the node itself uses; the rest are the driver's. */
function ownSettings(properties: ModemProperties): { timeout: number; queue: number; trace: boolean } {
  const seconds = optionalNumber(properties.timeout, "timeout", MODEM_RANGES.timeout) ?? MODEM_DEFAULTS.timeout;
  return {
    timeout: 1000 * seconds,
    queue: optionalInteger(properties.queue, "queue", MODEM_RANGES.queue) ?? MODEM_DEFAULTS.queue,
    trace: flag(properties.trace, "trace", MODEM_DEFAULTS.trace),
  };
}

/** Reports outages to Catch nodes, and traffic to the log. */
function observe(RED: Runtime, node: Instance, modem: ObservableModem, trace: boolean): void {
  // Catch nodes receive nothing before all flows have started, and a port may fail to open sooner.
  const started = new Promise<void>((resolve) => onFlowsStarted(RED, node, resolve));
  const outage = new OutageReporter(
    (error) => void started.then(() => node.error(error, {})),
    () => node.log(sharedText(RED, "log.ready")),
  );
  modem.on("state", (state, error) => outage.onState(state, error));
  const noticed = new Set<string>();
  modem.on("notice", (text) => {
    // The modem says it again after every restart.
    if (!noticed.has(text)) node.log(text);
    noticed.add(text);
  });
  if (trace) modem.on("trace", ({ direction, text }) => node.log(`${TRACE_MARKS[direction]} ${text}`));
}

const TRACE_MARKS = { sent: ">", received: "<", note: "#" } as const;

function serveUsers(node: Instance, modem: ObservableModem | undefined): void {
  const users = new Users(
    () => modem?.open(),
    () => void modem?.close(),
  );
  node.users = users.byId;
  node.register = (user, release) => users.register(user, release);
  node.deregister = (user) => users.deregister(user);
  node.hold = () => users.hold();
  node.on("close", (done: () => void) => {
    const start = performance.now();
    void withinLimit(users.end(), USERS_LIMIT_MS)
      .then(() => withinLimit(modem?.close(), CLOSE_LIMIT_MS - (performance.now() - start)))
      .then(done);
  });
}
