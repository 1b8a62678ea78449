import type { RawCommands } from "../services/model";

/** What a flow's own commands of Quectel need, as the AT manuals have them. */
export const QUECTEL_RAW_COMMANDS: RawCommands = {
  prompts: [{ commands: /^AT\+Q(F|HTTP|FTP|SSLURC)/i, prompt: "CONNECT" }],
  lengths: [
    /\+QFUPL="",(\d+)/i,
    /\+(?:QISEND|QSSLSEND|QFWRITE)=\d+,(\d+)/i,
    /\+QHTTP(?:URL|POST)=(\d+)/i,
    /\+QHTTPGET=\d+,(\d+)/i,
    /\+QMTPUB=(?:\d+,){4}"",(\d+)/i,
  ],
  secrets: ["QICSGP", "QSSLCFG", "QMTCONN", "QMTCFG", "QFTPCFG", "QHTTPCFG"],
  // Transparent access mode (AT facts 2.2).
  opensData: [/\+QISWTMD=\d+,2/i, /\+QIOPEN=(?:[^,;=]*,){6}2/i, /\+QSSLOPEN=(?:[^,;=]*,){5}2/i],
  readsData: /\+Q(?:HTTPREAD|HTTPREADFILE|FDWL|FREAD)=/i,
  secretAnswers: ["QICSGP", "QMTCFG", "QFTPCFG", "QFDWL", "QFREAD"],
};
