/** Command lines that the driver sends and that no transcript contains, with the place that explains each. */
export interface ExplainedCommand {
  readonly pattern: RegExp;
  readonly source: string;
}

export const EXPLAINED_COMMANDS: readonly ExplainedCommand[] = [
  { pattern: /^AT$/, source: "at-facts-ublox 1.5: the probe that shows that the module has booted" },
  { pattern: /^ATE1$/, source: "at-facts-ublox 1.6: the echo marks the acceptance of a command" },
  { pattern: /^AT\+UDCONF=1,0$/, source: "at-facts-ublox 2.1: hex mode may survive a reboot" },
  { pattern: /^AT&C1$/, source: "at-facts-ublox 1.8, 2.1: DCD follows the carrier" },
  { pattern: /^AT&D0$/, source: "at-facts-ublox 1.8, 2.1: DTR is ignored" },
  { pattern: /^AT\+CGEREP=2,1$/, source: "at-facts-ublox 1.6: +CGEV is kept while the port is busy" },
  { pattern: /^AT\+CSCON\?$/, source: "at-facts-ublox 2.4: CSCON is kept in NVM; read before write" },
  { pattern: /^AT\+UDCONF=(19|66,4)$/, source: "at-facts-ublox 3.4: a read uses the same op without the last value" },
  { pattern: /^AT\+UDCONF=19,[1-8],[01]$/, source: "guide 2.3.1 with other values" },
  { pattern: /^AT\+UDCONF=66,4,0$/, source: "guide 2.5: revert when the network gives IPv4" },
  { pattern: /^AT\+CGSN$/, source: "at-facts-ublox 2.2: which modem a setting that can't be read was written to" },
  { pattern: /^AT\+UMNOPROF=\d+$/, source: "guide 2.3.1; at-facts-ublox 2.5 for the numbers" },
  { pattern: /^AT\+CFUN\?$/, source: "at-facts-ublox 2.3: the state is read before the radio is turned off" },
  { pattern: /^AT\+CGDCONT=\d,"(IP|IPV6|IPV4V6)","[^"]*"$/, source: "guide 2.3.1; at-facts-ublox 2.7" },
  { pattern: /^AT\+UAUTHREQ=\d,0$/, source: "at-facts-ublox 2.7: no authentication" },
  {
    pattern: /^AT\+UAUTHREQ=\d,[12],"[^"]*","[^"]*"$/,
    source: "at-facts-ublox 2.7: PAP or CHAP, the password before the user name",
  },
  { pattern: /^AT\+CGACT\?$/, source: "at-facts-ublox 2.7: on LTE the state is checked first" },
  { pattern: /^AT\+CGACT=[01],[1-8]$/, source: "guide 2.3.1; at-facts-ublox 2.7" },
  { pattern: /^AT\+CGPADDR=[1-8]$/, source: "at-facts-ublox 2.7" },
  { pattern: /^AT\+CGCONTRDP=[1-8]$/, source: "guide 4 (MTU); at-facts-ublox 2.7" },
  { pattern: /^AT\+UDNSCFG=[1-8],[12],[01],"[0-9a-f.:]+"$/, source: "guide 2.4.2.1 for the other server and family" },
  { pattern: /^AT\+UPING="[^"]+"(,\d+){0,5}$/, source: "at-facts-ublox 3.5: attempts, size, timeout, TTL, interval" },
  { pattern: /^AT\+UDNSRN=[01],"[^"]+"$/, source: "guide 2.4.2: 0 name to address, 1 address to name" },
  { pattern: /^AT\+ULSTFILE=(0|1|2,"[^"]+")$/, source: "at-facts-ublox 5.6: names, free space, size" },
  { pattern: /^AT\+URDBLOCK="[^"]+",\d+,\d+$/, source: "at-facts-ublox 5.6: a part of a file" },
  { pattern: /^AT\+UDELFILE="[^"]+"$/, source: "at-facts-ublox 5.6: delete before writing, delete afterwards" },
  { pattern: /^AT\+UDWNFILE="[^"]+",\d+$/, source: "guide 10.2 with other names and sizes" },
  { pattern: /^AT\+UHTTP=[0-3]$/, source: "guide 10.1 for the other profiles" },
  { pattern: /^AT\+UHTTP=[0-3],0,"[0-9a-f.:]+"$/, source: "at-facts-ublox 5.1: key 0, server address" },
  { pattern: /^AT\+UHTTP=[0-3],[123],"[^"]*"$/, source: "guide 10.1: server name, user, password" },
  { pattern: /^AT\+UHTTP=[0-3],4,1$/, source: "guide 10.1: basic authentication" },
  { pattern: /^AT\+UHTTP=[0-3],5,\d+$/, source: "guide 10.1: port" },
  { pattern: /^AT\+UHTTP=[0-3],7,\d+$/, source: "at-facts-ublox 5.1: key 7, timeout in s" },
  { pattern: /^AT\+UHTTP=[0-3],9,"[0-4]:[^":]+:[^"]*"$/, source: "at-facts-ublox 5.1: key 9, own header" },
  { pattern: /^AT\+UHTTP=[0-3],20,[1-8],[01]$/, source: "guide 10.1: context and preferred kind of address" },
  { pattern: /^AT\+UHTTPC=[0-3],[012],"[^"]+","[^"]+"$/, source: "guide 10.1; at-facts-ublox 5.1: HEAD, GET, DELETE" },
  {
    pattern: /^AT\+UHTTPC=[0-3],[34],"[^"]+","[^"]+","[^"]+",([01245]|6,"[^"]+")$/,
    source: "guide 10.2; at-facts-ublox 5.1: PUT and POST of a file",
  },
  {
    pattern: /^AT\+UHTTPC=[0-3],5,"[^"]+","[^"]+","[^"]{0,128}",([01245]|6,"[^"]+")$/,
    source: "guide 10.1; at-facts-ublox 5.1: POST of data",
  },
  { pattern: /^AT\+UHTTPER=[0-3]$/, source: "guide 10.3 for the other profiles" },
];
