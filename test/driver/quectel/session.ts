import { AtChannel } from "../../../driver/at/channel/channel";
import { BG96 } from "../../../driver/quectel/bg96";
import { QuectelDriver } from "../../../driver/quectel/driver";
import type { Transport } from "../../../driver/transport/transport";
import { Peer, type PeerOptions } from "../peer";
import { addFiles } from "./files/fake-files";
import { addHttp, type FakeHttp } from "./http/fake-http";
import { addSsl, type FakeSsl } from "./security/fake-ssl";

export interface Session {
  readonly peer: Peer;
  readonly channel: AtChannel;
  readonly driver: QuectelDriver;
  readonly services: QuectelDriver["services"];
  readonly files: Map<string, Buffer>;
  readonly http: FakeHttp;
  readonly ssl: FakeSsl;
  /** Contexts that are active on the fake modem. */
  readonly active: Set<number>;
}

/**
 * A BG96 by script, registered, with context 1 active, and the driver on a channel to it.
 *
 * @param lineTo what stands between the two
 */
export async function startSession(
  options: PeerOptions = {},
  lineTo: (peer: Peer) => Transport = (peer) => peer,
): Promise<Session> {
  const peer = new Peer(options);
  const files = new Map<string, Buffer>();
  const active = new Set([1]);
  addContexts(peer, active);
  addFiles(peer, files);
  const http = addHttp(peer, files);
  const ssl = addSsl(peer);
  const channel = new AtChannel(lineTo(peer));
  await peer.open();
  // The gap is the channel's matter, and tested there.
  channel.useDialect({ ...BG96.dialect, gap: 0 });
  const driver = new QuectelDriver(channel, BG96);
  await driver.services.packetData.activate(1);
  peer.commands.length = 0;
  return { peer, channel, driver, services: driver.services, files, http, ssl, active };
}

/** A SIM, a network, and contexts: those that are active. */
export function addContexts(peer: Peer, active: Set<number>): void {
  peer
    .on(/^AT$/, ["OK"])
    .on(/^AT\+CPIN\?$/, ["+CPIN: READY", "OK"])
    .on(/^AT\+CGATT\?$/, ["+CGATT: 1", "OK"])
    .on(/^AT\+CGREG\?$/, ["+CGREG: 0,0", "OK"])
    .on(/^AT\+CEREG\?$/, ["+CEREG: 0,5", "OK"])
    .on(/^AT\+QIACT\?$/, (_match, print) => {
      for (const cid of active) print.line(`+QIACT: ${cid},1,1,"10.7.157.${cid}"`);
      print.line("OK");
    })
    .on(/^AT\+QIACT=(\d+)$/, ([, cid], print) => {
      const known = active.has(Number(cid));
      active.add(Number(cid));
      print.line(known ? "ERROR" : "OK");
    })
    .on(/^AT\+QIDEACT=(\d+)$/, ([, cid], print) => {
      active.delete(Number(cid));
      print.line("OK");
    })
    .on(/^AT\+QICSGP=(\d+)$/, ['+QICSGP: 1,"UNINET","","",0', "OK"])
    .on(/^AT\+QICSGP=\d+,/, ["OK"])
    .on(/^AT\+QIDNSCFG=(\d+)$/, ([, cid], print) => {
      print.line(`+QIDNSCFG: ${cid},"8.8.8.8","0.0.0.0"`);
      print.line("OK");
    });
}
