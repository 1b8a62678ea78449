import type { Node, NodeStatus } from "node-red";
import { isModemError, type ModemError } from "../../driver/errors";
import type { ModemState } from "../../driver/modem-types";
import { sharedText } from "./catalogue";
import type { ObservableModem, Runtime } from "./types";

type Appearance = Pick<NodeStatus, "fill" | "shape">;

/** A status: its appearance, and its text in the shared catalogue. */
export interface StatusText {
  readonly appearance: Appearance;
  readonly key: string;
  readonly values?: Record<string, string>;
}

export const GREY_RING: Appearance = { fill: "grey", shape: "ring" };
export const YELLOW_RING: Appearance = { fill: "yellow", shape: "ring" };
const BLUE_DOT: Appearance = { fill: "blue", shape: "dot" };
export const GREEN_DOT: Appearance = { fill: "green", shape: "dot" };
export const YELLOW_DOT: Appearance = { fill: "yellow", shape: "dot" };
export const RED_RING: Appearance = { fill: "red", shape: "ring" };

/** How often to refresh: a warning depends on the date. */
const REFRESH_INTERVAL_MS = 24 * 60 * 60 * 1000;

/** The status of each state of a modem: its appearance and its key in the catalogue. */
const STATUSES: Readonly<Record<ModemState, readonly [appearance: Appearance, key: string]>> = {
  closed: [GREY_RING, "status.notConnected"],
  opening: [GREY_RING, "status.notConnected"],
  synchronising: [YELLOW_RING, "status.searching"],
  identifying: [YELLOW_RING, "status.searching"],
  sim: [YELLOW_RING, "status.searching"],
  searching: [YELLOW_RING, "status.searching"],
  connecting: [YELLOW_RING, "status.connecting"],
  recovering: [YELLOW_RING, "status.connecting"],
  ready: [GREEN_DOT, "status.ready"],
};

/**
 * The status under a flow node. It shows the first of: a modem that does not answer, running work, the node's last failure (until the next success or
 * change of the modem), the modem's state, a warning.
 */
export class StatusDisplay {
  readonly #RED: Runtime;
  readonly #node: Node;
  readonly #warning: () => StatusText | undefined;
  readonly #condition: () => StatusText | undefined;
  #running = 0;
  /** Progress of the only running message; several at once have no common measure. */
  #percent: number | undefined;
  #failure: Error | undefined;
  #modemError: ModemError | undefined;
  #shown = "";
  #modem: ObservableModem | undefined;
  #isWithoutModem = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    RED: Runtime,
    node: Node,
    /** Shown if nothing else is wrong; evaluated again at every change and every day. */
    warning: () => StatusText | undefined = () => undefined,
    /** The state of what the node keeps, such as a connection; shown instead of "ready". */
    condition: () => StatusText | undefined = () => undefined,
  ) {
    this.#RED = RED;
    this.#node = node;
    this.#warning = warning;
    this.#condition = condition;
  }

  /** There is none to follow: none is chosen, or it is gone or disabled. */
  withoutModem(): void {
    this.#isWithoutModem = true;
    this.#refresh();
  }

  /** Follows a modem. */
  attach(modem: ObservableModem): void {
    this.#modem = modem;
    this.#modemError = modem.lastError;
    this.#failure = undefined;
    modem.on("state", this.#onState);
    modem.on("registration", this.#refresh);
    modem.on("answering", this.#refresh);
    this.#timer = setInterval(this.#refresh, REFRESH_INTERVAL_MS).unref();
    this.#refresh();
  }

  /** Clears the status and stops following the modem. */
  detach(): void {
    this.#modem?.off("state", this.#onState);
    this.#modem?.off("registration", this.#refresh);
    this.#modem?.off("answering", this.#refresh);
    this.#modem = undefined;
    this.#isWithoutModem = false;
    clearInterval(this.#timer);
    this.#show({});
  }

  /** Tells a problem again: before the flows have started Status nodes hear of none. */
  repeatProblem(): void {
    if (this.#failure === undefined && !this.#isWithoutModem) return;
    this.#shown = "";
    this.#refresh();
  }

  started(): void {
    this.#running += 1;
    this.#percent = undefined;
    this.#refresh();
  }

  readonly progress = (done: number, total: number): void => {
    this.#percent = this.#running === 1 && total > 0 ? Math.floor((100 * done) / total) : undefined;
    this.#refresh();
  };

  /** A `started` message has ended; `succeeded` or `failed` follows and updates the status. */
  ended(): void {
    this.#running -= 1;
    this.#percent = undefined;
  }

  succeeded(): void {
    this.#failure = undefined;
    this.#refresh();
  }

  /** The node's condition changed, so an earlier failure no longer applies. */
  readonly conditionChanged = (): void => {
    this.#failure = undefined;
    this.#refresh();
  };

  failed(error: Error): void {
    this.#failure = error;
    this.#refresh();
  }

  readonly #onState = (_state: ModemState, error?: ModemError): void => {
    this.#modemError = error;
    this.#failure = undefined;
    this.#refresh();
  };

  readonly #refresh = (): void => {
    this.#show(this.#current());
  };

  #current(): NodeStatus {
    if (this.#isWithoutModem) return this.#compose(RED_RING, "status.noModem");
    if (this.#modem?.isAnswering === false) return this.#compose(RED_RING, "status.notAnswering");
    if (this.#running > 0) {
      if (this.#percent === undefined) return this.#compose(BLUE_DOT, "status.working");
      return this.#compose(BLUE_DOT, "status.workingPercent", { percent: String(this.#percent) });
    }
    if (this.#failure !== undefined) return this.#reason(this.#failure);
    if (this.#modem === undefined) return {};
    // A missing port is the ordinary "not connected"; every other problem of the modem is shown by name.
    if (isModemError(this.#modemError, "MODEM_OFFLINE")) return this.#compose(...STATUSES.closed);
    if (this.#modemError !== undefined) return this.#reason(this.#modemError);
    return this.#modem.state === "ready"
      ? this.#ready(this.#modem.registration.operator)
      : this.#compose(...STATUSES[this.#modem.state]);
  }

  #ready(operator: string): NodeStatus {
    const warning = this.#condition() ?? this.#warning();
    if (warning !== undefined) return this.#compose(warning.appearance, warning.key, warning.values);
    return operator === ""
      ? this.#compose(...STATUSES.ready)
      : this.#compose(GREEN_DOT, "status.readyOperator", { operator });
  }

  #reason(error: Error): NodeStatus {
    return this.#compose(RED_RING, isModemError(error) ? `status.error.${error.code}` : "status.error.other");
  }

  #compose(appearance: Appearance, key: string, values?: Record<string, string>): NodeStatus {
    return { ...appearance, text: sharedText(this.#RED, key, values) };
  }

  /** A burst of messages must not become a burst of the same status. */
  #show(status: NodeStatus): void {
    const text = JSON.stringify(status);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#node.status(status);
  }
}
