import type { TlsConnection } from "../../internet/tls/types";
import type { Modem } from "../../modem";
import { writeSession } from "./session-data";
import { type Resumption, resumptionStatus } from "./session-resumption";

/**
 * After a handshake: reports type and data of a session id, or whether there are session data (guide 3.4.1 to 3.4.3).
 * @param number of the profile
 */
export function reportSession(modem: Modem, number: number, resumption: Resumption, connection: TlsConnection): void {
  if (!resumption.enabled) return;
  const { type } = resumption;
  const values = obtained(modem, resumption, connection);
  if (type.told && values !== undefined) {
    modem.urc(`+UUSECPRF: ${number},13,1,${type.number}`);
    modem.urc(`+UUSECPRF: ${number},13,${type.tag},${values.join(",")}`);
    return;
  }
  resumption.data = values;
  modem.urc(`+UUSECPRF: ${number},13,0,${resumptionStatus(resumption)}`);
}

/** Values of the type's tag after this connection; undefined if there are none. */
function obtained(modem: Modem, { type, data }: Resumption, connection: TlsConnection): readonly string[] | undefined {
  // A resumed session keeps its old data; by these the host sees that it was resumed.
  if (type.told && connection.reused) return data;
  const session = connection.session();
  if (session === undefined) return connection.reused ? data : undefined;
  return writeSession(modem, type, session, connection.sessionId ?? Buffer.alloc(0));
}
