import { command, unlessRejected } from "../cellular/commands";
import { identify } from "../cellular/identification";
import { CHARACTER_SET, MESSAGE_LENGTHS, writeSettings } from "../cellular/volatile-settings";
import { delay } from "../delay";
import { asModemError, isModemError, ModemError, shortened, shortPort } from "../errors";
import type { Identity } from "../modem-types";
import type { AnyDriver, ModelDefinition } from "../services/model";
import type { LifeContext } from "./context";
import { NetworkLife } from "./network-life";
import type { Session } from "./session";

/** After an `AT` that an error answered, as a modem answers while it boots. */
const REJECTED_PAUSE_MS = 100;

/**
 * The rounds in which settings are written to NVM, each ended by a reboot where it has written anything: a new operator
 * profile restores the factory values of the rest (u-blox guide 2.3.1).
 */
type Round = "profile" | "rest";

/**
 * Brings a modem from an open port to `ready` and keeps it there: synchronise, identify, set up, then SIM, registration
 * and connection. What breaks the line ends the session, and `Recovery` makes the next one.
 */
export class Life {
  readonly #context: LifeContext;
  /** What the last reboots were for: one that needs another for the same again would reboot the modem forever. */
  readonly #rebootedFor = new Set<Round>();

  constructor(context: LifeContext) {
    this.#context = context;
  }

  /**
   * Runs until the session ends; then `session.fault` tells why.
   *
   * @param patience ms that the modem may take to answer the first `AT`
   */
  async run(session: Session, patience: number): Promise<void> {
    try {
      await this.#synchronise(session, patience);
      const { driver, identity } = await this.#identify(session);
      await driver.initialise();
      for (const refusal of driver.refusals ?? []) {
        this.#context.tell.notice(`the modem refuses ${refusal}: the driver does without it`);
      }
      if (await this.#persist(session, driver)) return;
      // The modem may have booted right behind its last answer.
      session.signal.throwIfAborted();
      session.progress("up");
      const network = new NetworkLife(session, driver, this.#context, identity.imei);
      this.#context.tell.line(session, network);
      await network.run();
    } catch (error) {
      session.end({ kind: "failed", error: asModemError(error, "MODEM_REJECTED", "The modem could not be set up") });
    }
  }

  /**
   * `AT` until `OK`, and once `+++`, since a host that went away in data mode leaves the modem there; then the echo,
   * which marks where answers begin, errors in words, and texts as ASCII.
   */
  async #synchronise(session: Session, patience: number): Promise<void> {
    const { channel, signal } = session;
    const { state, timing, settings } = this.#context;
    state.advance("synchronising");
    const deadline = performance.now() + patience;
    for (let hasEscaped = false; ; ) {
      try {
        await channel.send(command("", [], { timeout: timing.probe, signal }));
        break;
      } catch (error) {
        signal.throwIfAborted();
        if (performance.now() >= deadline) {
          session.end({ kind: "silent", error: unanswered(settings.port) });
          signal.throwIfAborted();
        }
        if (!isModemError(error, "MODEM_TIMEOUT")) await delay(REJECTED_PAUSE_MS, signal);
        else if (!hasEscaped) {
          await channel.escape(timing.escapeGuard, signal);
          hasEscaped = true;
        }
      }
    }
    session.progress("answering");
    await unlessRejected(channel.send(command("E1")));
    await unlessRejected(channel.send(command("+CMEE=", [2])));
    for (const refusal of await writeSettings(channel, [CHARACTER_SET, MESSAGE_LENGTHS]))
      this.#context.tell.note(`refused: ${refusal}`);
  }

  async #identify(session: Session): Promise<{ driver: AnyDriver; identity: Identity }> {
    const { state, settings, models, tell } = this.#context;
    state.advance("identifying");
    const { identity, text } = await identify(session.channel, session.signal);
    const found = models.find((model) => model.matches(text));
    const model = settings.model === "auto" ? found : models.find(({ name }) => name === settings.model);
    if (model === undefined) throw text === "" ? unidentified() : unknownModel(text, models);
    if (found !== undefined && found !== model) throw otherModel(model, found);
    if (found === undefined)
      tell.note(`the settings say ${model.name}, the modem says ${text === "" ? "nothing" : oneLine(text)}`);
    tell.identity(identity);
    const driver = await session.use(model);
    driver.services.packetData.keepNameServers?.(this.#context.connections.nameServers);
    return { driver, identity };
  }

  /** True when the session has ended with a reboot, which changed settings need to take effect. */
  async #persist(session: Session, driver: AnyDriver): Promise<boolean> {
    const { mnoProfile } = this.#context.settings;
    const hasProfile = mnoProfile !== undefined && (await this.#writeRound("profile", driver.persist({ mnoProfile })));
    const isWritten = hasProfile || (await this.#writeRound("rest", this.#writeRest(driver)));
    if (!isWritten) return false;
    await driver.reboot();
    const reason = "settings were changed that need a reboot";
    this.#context.tell.restarted(reason);
    session.end({ kind: "rebooting", error: new ModemError("MODEM_RESTARTED", `The modem was restarted: ${reason}`) });
    return true;
  }

  /** Whether something was written that a reboot should put into force. */
  async #writeRound(round: Round, writing: Promise<boolean>): Promise<boolean> {
    const written = await writing;
    const isRepeated = written && this.#rebootedFor.has(round);
    if (isRepeated) this.#context.tell.note("settings that need a reboot were not kept by the last one");
    if (written) this.#rebootedFor.add(round);
    else this.#rebootedFor.delete(round);
    return written && !isRepeated;
  }

  async #writeRest(driver: AnyDriver): Promise<boolean> {
    const { mnoProfile, xlat, cid, pdpType } = this.#context.settings;
    const defaultContext = { cid, preferIpv6: pdpType === "IPV6" };
    const first = xlat === undefined ? false : await driver.persist({ xlat });
    // Some firmware (LARA-R6001D-00B) lacks this setting and behaves as if it said context 1, IPv4.
    const isFactory = cid === 1 && !defaultContext.preferIpv6;
    const isKept = mnoProfile !== undefined && !this.#rebootedFor.has("profile");
    const writing = driver.persist({ defaultContext, ...(isKept ? { mnoProfile } : {}) });
    const second = await (isFactory ? unlessRejected(writing) : writing);
    return first || second === true;
  }
}

function unanswered(port: string): ModemError {
  return new ModemError(
    "MODEM_TIMEOUT",
    `Nothing answers AT on ${shortPort(port)}. Check that the modem is powered, and that port, baud rate and flow control are right.`,
  );
}

/** It may answer when it has booted. */
function unidentified(): ModemError {
  return new ModemError(
    "MODEM_REJECTED",
    "The modem gave no usable answer to ATI and AT+CGMM, so it can't be identified. Set its model by hand.",
    { command: "ATI" },
  );
}

function unknownModel(identification: string, models: readonly ModelDefinition[]): ModemError {
  const known = models.map((model) => model.name).join(", ");
  return new ModemError(
    "NOT_SUPPORTED",
    `The modem says it is "${oneLine(identification)}", which is none of ${known}. ` +
      "If it is a variant of one of these, set the model by hand.",
  );
}

/** Without this check commands of one model would fail on the other one by one, for reasons that hide the cause. */
function otherModel(wanted: ModelDefinition, found: ModelDefinition): ModemError {
  return new ModemError(
    "NOT_SUPPORTED",
    `The modem's settings say that it is a ${wanted.name}, but it says it is a ${found.name}. ` +
      "Set its model to automatic, or pick the right port.",
  );
}

function oneLine(text: string): string {
  return shortened(text.replaceAll("\n", ", "));
}
