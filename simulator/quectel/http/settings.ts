import type { Call, CommandDefinition } from "../../line/command";
import { CommandError } from "../../line/command-error";
import type { Modem } from "../../modem";
import { HttpError, httpParameters, SECONDS } from "./errors";
import { HTTP_SETTINGS, type HttpSettingName, httpSession } from "./session";
import { parseUrl } from "./url-text";

const LONGEST_URL = 700;
const NAMES = Object.keys(HTTP_SETTINGS) as HttpSettingName[];

/** Without a value it prints the current one. */
function configure(call: Call, modem: Modem): void {
  const parameters = httpParameters(call).expect(1, 2);
  const wanted = parameters.text(0);
  const name = NAMES.find((known) => known === wanted);
  if (name === undefined) throw new CommandError(HttpError.parameter);
  const { settings } = httpSession(modem);
  if (parameters.count === 1) call.info(line(name, settings[name]));
  else settings[name] = parameters.number(1, HTTP_SETTINGS[name]);
}

function line(name: HttpSettingName, value: number | string): string {
  return `+QHTTPCFG: "${name}",${value}`;
}

async function setUrl(call: Call, modem: Modem): Promise<void> {
  const parameters = httpParameters(call).expect(1, 2);
  const length = parameters.number(0, { min: 1, max: LONGEST_URL });
  const timeout = parameters.number(1, SECONDS);
  const session = httpSession(modem);
  session.needIdle();
  const typed = await call.prompt("CONNECT", length, timeout * 1000);
  if (call.escaped) return;
  if (typed.length < length) throw new CommandError(HttpError.inputTimeout);
  const url = parseUrl(typed.toString("latin1"));
  if (url === undefined) throw new CommandError(HttpError.url);
  session.url = url;
}

function showUrl(call: Call, modem: Modem): void {
  const { url } = httpSession(modem);
  if (url !== undefined) call.info(`+QHTTPURL: ${url.text}`);
}

/** HTTP manual 2.1 and 2.2 */
export const httpSettingCommands: readonly CommandDefinition[] = [
  {
    name: "+QHTTPCFG",
    test: (call) => {
      for (const name of NAMES) call.info(line(name, HTTP_SETTINGS[name].printed));
    },
    read: (call, modem) => {
      for (const name of NAMES) call.info(line(name, httpSession(modem).settings[name]));
    },
    set: configure,
  },
  {
    name: "+QHTTPURL",
    test: (call) => call.info(`+QHTTPURL: (1-${LONGEST_URL}),(1-65535)`),
    read: showUrl,
    set: setUrl,
  },
];
