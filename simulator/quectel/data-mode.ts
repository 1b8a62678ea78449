import { type Call, CommandError, type PromptOptions } from "../line/command";
import type { Modem } from "../modem";

/** "operation not allowed" */
const NOT_ALLOWED = 3;

/** The one place in data mode that all ports share (HTTP manual 4.4). */
interface DataMode {
  taken: boolean;
}

function dataMode(modem: Modem): DataMode {
  return modem.service<DataMode>("quectel/data-mode", () => ({ taken: false }));
}

/** @throws {CommandError} `code` while another port is in data mode */
export function needDataMode(modem: Modem, code = NOT_ALLOWED): void {
  if (dataMode(modem).taken) throw new CommandError(code);
}

async function inDataMode<T>(modem: Modem, work: () => Promise<T>): Promise<T> {
  const mode = dataMode(modem);
  mode.taken = true;
  try {
    return await work();
  } finally {
    mode.taken = false;
  }
}

/** CONNECT, then bytes of the host; fewer than `length` when `timeout` (ms) is over or the host leaves with `+++`. */
export function receiveData(
  call: Call,
  modem: Modem,
  length: number,
  timeout: number,
  options?: PromptOptions,
): Promise<Buffer> {
  return inDataMode(modem, () => call.prompt("CONNECT", length, timeout, options));
}

/** `line` (CONNECT, or CONNECT and a length), then the bytes that `pieces` gives, unless the host leaves with `+++`. */
export function sendData(
  call: Call,
  modem: Modem,
  line: string,
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<void> {
  return inDataMode(modem, async () => {
    call.connect(line);
    for await (const piece of pieces) {
      if (call.escaped) return;
      await call.raw(piece);
    }
  });
}
