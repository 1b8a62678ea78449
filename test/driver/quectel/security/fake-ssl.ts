import type { Peer } from "../../peer";

/** The SSL contexts of the fake modem, and what it knows of time and of servers. */
export interface FakeSsl {
  /** Values by `<context> <parameter>`, as they stood on the line. */
  readonly settings: Map<string, string>;
  /** Parameters that the firmware does not have. */
  readonly missing: Set<string>;
  /** What +CCLK? tells. */
  clock: string;
  /** What +QIOPEN reports; a text is a final result in its place. */
  connect: number | string;
}

/** +QSSLCFG, +CCLK and the sockets of AT facts 2.2. */
export function addSsl(peer: Peer): FakeSsl {
  const ssl: FakeSsl = { settings: new Map(), missing: new Set(), clock: "26/11/22,03:00:00+04", connect: 0 };
  peer
    .on(/^AT\+QSSLCFG="(\w+)",([0-5]),([0-9A-Fa-fXx]+|"[^"]+")$/, ([, name = "", context, value = ""], print) => {
      const refused = ssl.missing.has(name) || (name === "ciphersuite" && value.startsWith('"'));
      if (!refused) ssl.settings.set(`${context} ${name}`, value);
      print.line(refused ? "ERROR" : "OK");
    })
    .on(/^AT\+QSSLCFG="seclevel",([0-5])$/, ([, context], print) => {
      print.line(`+QSSLCFG: "seclevel",${context},${ssl.settings.get(`${context} seclevel`) ?? 0}`);
      print.line("OK");
    })
    .on(/^AT\+CCLK\?$/, (_match, print) => {
      print.line(`+CCLK: "${ssl.clock}"`);
      print.line("OK");
    })
    .on(/^AT\+CCLK="(.*)"$/, ([, clock = ""], print) => {
      ssl.clock = clock;
      print.line("OK");
    })
    .on(/^AT\+QIOPEN=\d+,(\d+),"TCP","[^"]+",\d+,0,0$/, ([, socket], print) => {
      if (typeof ssl.connect === "string") return print.line(ssl.connect);
      print.line("OK");
      print.line(`+QIOPEN: ${socket},${ssl.connect}`);
    })
    .on(/^AT\+QICLOSE=\d+,\d+$/, ["OK"]);
  return ssl;
}
