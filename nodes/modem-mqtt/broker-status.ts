import { isModemError } from "../../driver/errors";
import { GREEN_DOT, GREY_RING, RED_RING, type StatusText, YELLOW_RING } from "../common/status";
import type { Broker } from "../modem-broker/broker";

/** What a node's badge shows of its broker while its modem is ready. */
export function brokerStatus({ state, lastError, depth }: Broker): StatusText | undefined {
  const waiting = depth?.waiting ?? 0;
  const kept = waiting === 0 ? undefined : { waiting: String(waiting) };
  switch (state) {
    case "connected":
      return kept && { appearance: GREEN_DOT, key: "status.sendingOutbox", values: kept };
    case "refused":
    case "failed":
      return {
        appearance: RED_RING,
        key: isModemError(lastError) ? `status.error.${lastError.code}` : "status.error.other",
      };
    case "closed":
      return { appearance: GREY_RING, key: "status.notConnected" };
    case "waiting":
    case "connecting":
      return kept === undefined
        ? { appearance: YELLOW_RING, key: "status.connecting" }
        : { appearance: YELLOW_RING, key: "status.connectingOutbox", values: kept };
  }
}
