import type { ExplainedCommand } from "../ublox/explained-commands";

/** Command lines of the procedures that all models share, with the place that explains each. */
export const EXPLAINED_COMMANDS: readonly ExplainedCommand[] = [
  { pattern: /^AT$/, source: "at-facts-ublox 1.5, 1.7: the probe, at the start and after a timeout" },
  { pattern: /^ATE1$/, source: "at-facts-ublox 1.6: the echo marks the acceptance of a command" },
  { pattern: /^AT\+CMEE=2$/, source: "at-facts-ublox 1.3: errors in words until the model is known" },
  { pattern: /^AT\+CSCS="(IRA|004900520041)"$/, source: "at-facts-ublox 2.2: texts as ASCII" },
  { pattern: /^AT\+CSDH=1$/, source: "27.005 3.3.2: lengths of message texts" },
  { pattern: /^AT\+(CCID|QCCID)$/, source: "at-facts-ublox 2.2, at-facts-quectel 1.5: which SIM" },
  {
    pattern: /^AT\+(UPINCNT|QPINC="SC"|QPINC\?)$/,
    source: "at-facts-ublox 2.2, at-facts-quectel 1.5: a PIN's attempts",
  },
  { pattern: /^ATI$/, source: "at-facts-ublox 2.2, at-facts-quectel 1.4: which model" },
  { pattern: /^AT\+(CGMI|CGMM|CGMR|CGSN)$/, source: "at-facts-ublox 2.2: maker, model, revision, IMEI" },
  { pattern: /^AT\+CPIN\?$/, source: "guide B 4.1; at-facts-ublox 2.2: state of the SIM" },
  { pattern: /^AT\+CPIN="\d{4,8}"$/, source: "at-facts-ublox 2.2, at-facts-quectel 1.3: the SIM's PIN" },
  { pattern: /^AT\+CFUN\?$/, source: "at-facts-ublox 2.3: the state is read before the radio is turned on" },
  { pattern: /^AT\+CFUN=[01]$/, source: "guide A 2.3.1; at-facts-ublox 2.3: radio off and on" },
  { pattern: /^AT\+C[GE]?REG=2$/, source: "at-facts-ublox 2.6: reports of registration, with the cell" },
  { pattern: /^AT\+C[GE]?REG\?$/, source: "guide B 4.2; at-facts-ublox 2.6: registration in each domain" },
  { pattern: /^AT\+COPS=3,0$/, source: "at-facts-ublox 2.6: format of the operator, here its name" },
  { pattern: /^AT\+COPS\?$/, source: "guide A 2.3.1; at-facts-ublox 2.6" },
  { pattern: /^AT\+COPS=0$/, source: "guide A 2.3.1; at-facts-ublox 2.6: automatic selection" },
  { pattern: /^AT\+(CSQ|CESQ)$/, source: "at-facts-ublox 2.8: signal" },
];
