/** Command lines that the driver sends and that no transcript contains, with the place that explains each. */
export interface ExplainedCommand {
  readonly pattern: RegExp;
  readonly source: string;
}

export const EXPLAINED_COMMANDS: readonly ExplainedCommand[] = [
  { pattern: /^AT$/, source: "at-facts-ublox 1.7: after a timeout, until OK" },
  { pattern: /^ATE1$/, source: "at-facts-ublox 1.6: the echo marks the acceptance of a command" },
  { pattern: /^AT\+CMEE=1$/, source: "at-facts-ublox 1.3: Quectel's HTTP and file errors are useful as numbers" },
  { pattern: /^AT\+QISDE=0$/, source: "at-facts-quectel 2.2: no echo of payload" },
  { pattern: /^AT\+CFUN=1,1$/, source: "at-facts-quectel 1.3, 1.4: reboot" },
  { pattern: /^AT\+CEREG\?$/, source: "guide 4.2 asks +CGREG; at-facts-quectel 1.5: LTE has its own state" },
  { pattern: /^AT\+QICSGP=\d+$/, source: "at-facts-quectel 2.1: read form" },
  {
    pattern: /^AT\+QICSGP=\d+,[123],"[^"]*","[^"]*","[^"]*",[0-3]$/,
    source: "guide 3.1 with other values; at-facts-quectel 2.1 for type and authentication",
  },
  { pattern: /^AT\+QIACT=\d+$/, source: "guide 3.1.1; at-facts-quectel 2.1" },
  { pattern: /^AT\+QIDEACT=\d+$/, source: "guide 1.1 step 8, 4.3, 4.5; at-facts-quectel 2.1" },
  {
    pattern: /^AT\+QICFG="(transpktsize|transwaittm)",\d+$/,
    source: "at-facts-quectel 2.2: packets of transparent mode",
  },
  { pattern: /^AT\+QISWTMD=\d+,2$/, source: "at-facts-quectel 2.2: transparent mode again" },
  { pattern: /^ATO$/, source: "at-facts-quectel 2.2: transparent mode again, of the last connection" },
  { pattern: /^AT\+QIGETERROR$/, source: "at-facts-quectel 2.1, 2.2: details after an ERROR" },
  { pattern: /^AT\+QIDNSCFG=\d+$/, source: "guide 4.3; at-facts-quectel 2.1: read form" },
  { pattern: /^AT\+QIDNSCFG=\d+,"[0-9a-f.:]+"(,"[0-9a-f.:]+")?$/i, source: "guide 4.3; at-facts-quectel 2.1" },
  { pattern: /^AT\+QIDNSGIP=\d+,"[^"]+"$/, source: "at-facts-quectel 2.1" },
  { pattern: /^AT\+QPING=\d+,"[^"]+",\d+,\d+$/, source: "at-facts-quectel 2.1" },
  { pattern: /^AT\+QHTTPCFG="contenttype",[0-3]$/, source: "guide 2.1: range and meaning; at-facts-quectel 5" },
  { pattern: /^AT\+QSSLCFG="seclevel",[0-5]$/, source: "AT facts 3.1: read form, to see that nothing was lost" },
  {
    pattern: /^AT\+QSSLCFG="(sslversion|seclevel|ignorelocaltime|negotiatetime)",[0-5],\d+$/,
    source: "guide 3.2.1 with other values; at-facts-quectel 3.1",
  },
  {
    pattern: /^AT\+QSSLCFG="ciphersuite",[0-5],0X[0-9A-F]{4}$/,
    source: "guide 3.2.1 with other values; at-facts-quectel 3.1: never in quotation marks",
  },
  {
    pattern: /^AT\+QSSLCFG="(cacert|clientcert|clientkey)",[0-5],"[^"]+"$/,
    source: "guide 3.2.2.1 with other values; at-facts-quectel 3.1",
  },
  {
    pattern: /^AT\+QSSLCFG="(sni|checkhost)",[0-5],[01]$/,
    source: "at-facts-quectel 3.1: newer firmware; the host is named and compared",
  },
  {
    pattern: /^AT\+CCLK(\?|="[0-9/]{8},[0-9:]{8}\+00")$/,
    source: "27.007 8.15; at-facts-quectel 3.1: checks of dates",
  },
  {
    pattern: /^AT\+QIOPEN=\d+,11,"TCP","[^"]+",\d+,0,0$/,
    source: "at-facts-quectel 2.2: whether it is the connection or the handshake that fails",
  },
  {
    pattern: /^AT\+QIOPEN=\d+,\d+,"TCP","[^"]+",\d+,\d+,[02]$/,
    source: "at-facts-quectel 2.2: buffer and transparent access",
  },
  {
    pattern: /^AT\+QIOPEN=\d+,\d+,"(UDP SERVICE|TCP LISTENER)","127\.0\.0\.1",0,\d+,0$/,
    source: "at-facts-quectel 2.2; Quectel's TCP/IP manual V1.0: host and port of what has no server",
  },
  { pattern: /^AT\+QICLOSE=\d+,1$/, source: "at-facts-quectel 2.2: a failed one has to be closed, too" },
  { pattern: /^AT\+QISEND=\d+,\d+$/, source: "at-facts-quectel 2.2: counted; 0 asks what is acknowledged" },
  { pattern: /^AT\+QISEND=\d+,\d+,"[^"]+",\d+$/, source: "at-facts-quectel 2.2: a datagram" },
  { pattern: /^AT\+QIRD=\d+(,1500|,0)?$/, source: "at-facts-quectel 2.2: a part, the counts, or a datagram" },
  { pattern: /^AT\+QISTATE(=1,\d+)?$/, source: "at-facts-quectel 2.2" },
  {
    pattern: /^AT\+QSSLOPEN=\d+,[0-5],\d+,"[^"]+",\d+,[02]$/,
    source: "at-facts-quectel 3.2: buffer and transparent access",
  },
  { pattern: /^AT\+QSSLSEND=\d+,\d+$/, source: "at-facts-quectel 3.2" },
  { pattern: /^AT\+QSSLRECV=\d+,1500$/, source: "at-facts-quectel 3.2" },
  { pattern: /^AT\+QSSLSTATE(=\d+)?$/, source: "at-facts-quectel 3.2" },
  { pattern: /^AT\+QSSLCLOSE=\d+,1$/, source: "at-facts-quectel 3.2" },
  { pattern: /^AT\+QFLDS="UFS"$/, source: "at-facts-quectel 4: free bytes" },
  { pattern: /^AT\+QFLST="[^"]+"$/, source: "at-facts-quectel 4: names and sizes" },
  { pattern: /^AT\+QFDEL="[^"]+"$/, source: "at-facts-quectel 4" },
  { pattern: /^AT\+QFUPL="[^"]+",\d+,\d+$/, source: "at-facts-quectel 4: size and timeout" },
  { pattern: /^AT\+QFDWL="[^"]+"$/, source: "at-facts-quectel 4" },
  { pattern: /^AT\+QFOPEN="[^"]+",[12]$/, source: "at-facts-quectel 4: 1 truncates or creates, 2 reads" },
  { pattern: /^AT\+QFOPEN\?$/, source: "Quectel's FILE manual V1.0, read form: the handles that are open" },
  { pattern: /^AT\+QFREAD=\d+,\d+$/, source: "at-facts-quectel 4" },
  { pattern: /^AT\+QFWRITE=\d+,\d+,\d+$/, source: "at-facts-quectel 4" },
  { pattern: /^AT\+QFCLOSE=\d+$/, source: "at-facts-quectel 4" },
  {
    pattern: /^AT\+QMTCFG="(version|pdpcid|ssl|keepalive|session|timeout|will|recv\/mode)",[0-5],\d+(,\d+)*$/,
    source: "at-facts-quectel 6: all of them, before QMTOPEN",
  },
  { pattern: /^AT\+QMTCFG="will",[0-5],1,[012],[01],"[^"]+","[^"]*"$/, source: "at-facts-quectel 6" },
  { pattern: /^AT\+QMTOPEN=[0-5],"[^"]+",\d+$/, source: "at-facts-quectel 6" },
  { pattern: /^AT\+QMTOPEN\?$/, source: "at-facts-quectel 6: the clients that are open" },
  { pattern: /^AT\+QMTCONN=[0-5](,"[^"]+"){1,3}$/, source: "at-facts-quectel 6: client id, user, password" },
  { pattern: /^AT\+QMTCONN\?$/, source: "at-facts-quectel 6: what state each client is in" },
  { pattern: /^AT\+QMTSUB=[0-5],[1-9]\d{0,4},"[^"]+",[012]$/, source: "at-facts-quectel 6" },
  { pattern: /^AT\+QMTUNS=[0-5],[1-9]\d{0,4},"[^"]+"$/, source: "at-facts-quectel 6" },
  {
    pattern: /^AT\+QMTPUB=[0-5],(0,0|[1-9]\d{0,4},[12]),[01],"[^"]+"(,\d+)?$/,
    source: "at-facts-quectel 6: message id 0 for QoS 0 and no other; a length where the firmware takes one",
  },
  { pattern: /^AT\+QMT(DISC|CLOSE)=[0-5]$/, source: "at-facts-quectel 6" },
  { pattern: /^AT\+CGSN$/, source: "27.007 5.4: the client id where a flow gives none" },
];
