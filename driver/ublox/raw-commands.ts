import type { RawCommands } from "../services/model";

/** What a flow's own commands of u-blox need, as the AT manuals have them. */
export const UBLOX_RAW_COMMANDS: RawCommands = {
  prompts: [{ commands: /^AT\+(USOWR|USOST)/i, prompt: "@" }],
  lengths: [
    /\+UDWNFILE="",(\d+)/i,
    /\+USOWR=\d+,(\d+)/i,
    /\+USOST=\d+,"",\d+,(\d+)/i,
    /\+USECMNG=0,\d+,"",(\d+)/i,
    /\+UMQTTC=9,\d,\d,"",(\d+)/i,
    /\+USECPRF=\d+,13,\d+,(\d+)$/i,
  ],
  secrets: ["UAUTHREQ", "UPSD", "UHTTP", "UFTP", "UMQTT", "UMQTTSN", "USECMNG", "USECPRF"],
  secretAnswers: ["UAUTHREQ", "UPSD", "UHTTP", "UFTP", "UMQTT", "UMQTTSN", "USECPRF", "URDFILE", "URDBLOCK"],
  // u-blox's own two values.
  // Direct links of sockets and of FTP (guide 5.9, 9.1).
  opensData: [/\+USODL=/i, /\+UFTPC=[67](?:,|$)/i],
  restarts: /\+CFUN\s*=\s*1[56]\b/i,
};
