import type { Call } from "../line/command";
import { CommandError } from "../line/command-error";
import type { Modem } from "../modem";

/** "operation not allowed" */
const NOT_ALLOWED = 3;

/** The one place in data mode that all ports share (HTTP manual 4.4); this port gives it back before it is asked. */
interface DataMode {
  takenByOtherPort: boolean;
}

function dataMode(modem: Modem): DataMode {
  return modem.service<DataMode>("quectel/data-mode", () => ({ takenByOtherPort: false }));
}

/** Another port of the module, such as its USB modem port, goes into data mode or leaves it. */
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
