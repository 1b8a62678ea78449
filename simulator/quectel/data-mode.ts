import type { Call } from "../line/command";
import { CommandError } from "../line/command-error";
import type { Modem } from "../modem";

/** "operation not allowed" */
const NOT_ALLOWED = 3;

/** Only one port at a time can be in data mode (HTTP manual 4.4); this port always leaves it before the check. */
interface DataModeLock {
  takenByOtherPort: boolean;
}

function dataMode(modem: Modem): DataModeLock {
  return modem.service<DataModeLock>("quectel/data-mode", () => ({ takenByOtherPort: false }));
}

/** Another port of the modem, such as its USB modem port, enters data mode or leaves it. */
export function occupyDataMode(modem: Modem, taken: boolean): void {
  dataMode(modem).takenByOtherPort = taken;
}

/** @throws {CommandError} `code` while another port is in data mode */
export function needDataMode(modem: Modem, code = NOT_ALLOWED): void {
  if (dataMode(modem).takenByOtherPort) throw new CommandError(code);
}

/** `line` (CONNECT, or CONNECT and a length), then the bytes that `pieces` gives, until the host leaves with `+++`. */
export async function sendData(
  call: Call,
  line: string,
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
  whenEscaped?: () => void,
): Promise<void> {
  call.connect(line, whenEscaped);
  for await (const piece of pieces) {
    if (call.escaped) return;
    await call.raw(piece);
  }
}
