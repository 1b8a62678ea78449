import type { RawCommands } from "../services/model";

/** What a flow's own commands of Quectel need, as the AT manuals have them. */
export const QUECTEL_RAW_COMMANDS: RawCommands = {
  prompts: [{ commands: /^AT\+Q(F|HTTP|FTP|SSLURC)/i, prompt: "CONNECT" }],
  lengths: [
    /\+QFUPL="",(\d+)/i,
    /\+(?:QISEND|QSSLSEND|QFWRITE)=\d+,(\d+)/i,
    /\+QHTTP(?:URL|POST)=(\d+)/i,
    /\+QHTTPGET=\d+,(\d+)/i,
  ],
  secrets: ["QICSGP", "QSSLCFG", "QMTCONN", "QMTCFG", "QFTPCFG", "QHTTPCFG"],
  secretAnswers: ["QICSGP", "QMTCFG", "QFTPCFG", "QFDWL", "QFREAD"],
};
