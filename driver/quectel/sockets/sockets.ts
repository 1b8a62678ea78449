import { randomInt } from "node:crypto";
import { isIP } from "node:net";
import type { Channel } from "../../at/channel-types";
import { withoutBrackets } from "../../cellular/addresses";
import { isModemError, ModemError } from "../../errors";
import { NameCache } from "../../services/sockets/name-cache";
import type {
  ConnectOptions,
  ListenOptions,
  ModemListener,
  ModemSocket,
  SocketAddress,
  SocketEvents,
  SocketService,
  UdpOptions,
} from "../../services/sockets/sockets";
import { acquireBefore, Deadline } from "../../services/waiting/deadline";
import type { QuectelDiagnostics } from "../diagnostics/diagnostics";
import type { QuectelPacketData } from "../packet-data/packet-data";
import { explainTls, mayBeHandshake } from "../security/diagnosis";
import type { QuectelSecurity, SslLease } from "../security/security";
import type { KnownModem, QuectelTraits } from "../traits";
import type { Opening } from "./connect";
import { type Opened, SocketOpener } from "./connect";
import { QuectelSocket } from "./connection";
import { SocketControl, type SocketFamily, TCP, TLS, UDP } from "./control";
import { closeOrphanedSockets } from "./leftovers";
import { QuectelListener } from "./listener";
import type { SocketNumbers } from "./numbers";
import { checkOptions, planConnect, type SocketPlan } from "./plan";
import type { Incoming } from "./state";
import { TransparentSocket } from "./transparent";
import { type Release, TransparentModeLock } from "./transparent-lock";
import { clearFailed, directOpening, setPackets } from "./transparent-open";

/** UDP SERVICE and TCP LISTENER have no server; the manual's own example gives them this one. */
const NO_SERVER = { host: "127.0.0.1", port: 0 } as const;
const NO_IPV6_SERVER = { host: "::1", port: 0 } as const;
/** Where no local port is asked for, the modem has to be given one nevertheless: RFC 6335 6. */
const EPHEMERAL = { first: 49_152, end: 65_536, attempts: 5 } as const;
/** What a port in use is reported as: binding failed, or port busy. */
const PORT_TAKEN = new Set([556, 574]);

/** Of one socket. */
const REMEMBERED_NAMES = 1;

/** The owner of an unwanted connection. */
const NOBODY: SocketEvents = { onData: () => undefined, onClosed: () => undefined };

type Accept = (socket: ModemSocket) => SocketEvents;
/** How an accepted connection is taken; without `accept` it is closed. */
interface Welcome {
  readonly cid: number;
  readonly to: string;
  readonly accept?: Accept;
}
type OnClosed = (error?: ModemError) => void;

/** What the sockets use of the rest. */
export interface SocketNeeds {
  readonly packetData: QuectelPacketData;
  readonly diagnostics: QuectelDiagnostics;
  readonly security: QuectelSecurity;
  readonly numbers: SocketNumbers;
  readonly model: QuectelTraits;
}

/** The modem's sockets (AT facts 2.2, 3.2). */
export class QuectelSockets implements SocketService {
  readonly #channel: Channel;
  readonly #needs: SocketNeeds;
  readonly #modem: KnownModem;
  readonly #opener: SocketOpener;
  readonly #direct: TransparentModeLock;

  constructor(channel: Channel, needs: SocketNeeds) {
    this.#channel = channel;
    this.#needs = needs;
    this.#modem = { channel, model: needs.model };
    this.#direct = new TransparentModeLock(needs.model);
    this.#opener = new SocketOpener(this.#modem, needs.numbers);
  }

  async connect(options: ConnectOptions, events: SocketEvents): Promise<ModemSocket> {
    const plan = planConnect(options, this.#needs.model);
    const deadline = new Deadline(options.timeout, plan.operation, options.signal);
    return inTime(deadline, this.#connect(plan, deadline, events));
  }

  async openUdp(options: UdpOptions, events: SocketEvents): Promise<ModemSocket> {
    if (options.security !== undefined)
      throw new ModemError("NOT_SUPPORTED", `tls: ${this.#needs.model.name} has no DTLS`);
    checkOptions(options, this.#needs.model);
    const deadline = new Deadline(options.timeout, "Opening a UDP socket", options.signal);
    return inTime(deadline, this.#openUdp(options, deadline, events));
  }

  async listen(options: ListenOptions, accept: Accept, onClosed: OnClosed): Promise<ModemListener> {
    checkOptions(options, this.#needs.model);
    const deadline = new Deadline(options.timeout, `Listening on port ${options.localPort}`, options.signal);
    return inTime(deadline, this.#listen(options, deadline, accept, onClosed));
  }

  /** Closes what an earlier session, whose port was unplugged, left open on the modem. */
  async closeOrphanedSockets(): Promise<void> {
    await closeOrphanedSockets(this.#modem);
  }

  /** The modem has forgotten its sockets. */
  reset(): void {
    this.#opener.loseAll(new ModemError("MODEM_RESTARTED", "The modem was set up again; its sockets are gone"));
  }

  dispose(error: Error): void {
    this.#opener.loseAll(isModemError(error) ? error : new ModemError("MODEM_OFFLINE", error.message));
    this.#direct.close(error);
    this.#opener.dispose(error);
  }

  async #connect(plan: SocketPlan, deadline: Deadline, events: SocketEvents): Promise<ModemSocket> {
    if (plan.mode === "command") return this.#dial(plan, deadline, events);
    // Before any command: one would take the line from the socket that has it.
    const release = await this.#direct.take(
      acquireBefore({ remaining: deadline.remaining, signal: deadline.outer }, plan.operation),
    );
    try {
      return await this.#dial(plan, deadline, events, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** @param turn of a socket in direct mode, which gives it back */
  async #dial(plan: SocketPlan, deadline: Deadline, events: SocketEvents, turn?: Release): Promise<ModemSocket> {
    const { operation, ssl } = plan;
    const { packetData, security } = this.#needs;
    const cid = plan.cid ?? packetData.defaultCid;
    await packetData.require(cid);
    const lease =
      ssl === undefined
        ? undefined
        : await security.acquire(
            ssl,
            acquireBefore({ remaining: deadline.remaining, signal: deadline.outer }, operation),
          );
    const family = lease === undefined ? TCP : TLS;
    const opening = { ...plan, service: "TCP", family, cid, sslContext: lease?.context } as const;
    try {
      if (turn !== undefined) return await this.#openDirect(opening, deadline, events, [turn, () => lease?.release()]);
      const opened = await this.#opener.open(opening, deadline);
      const remote = await this.#remote(plan, opened, family);
      return this.#start({ operation, family, remote }, releasing(opened, [() => lease?.release()]), events);
    } catch (error) {
      const explained = await this.#explain(error, { ...plan, cid }, lease, deadline);
      lease?.release({ suspect: true });
      throw explained;
    }
  }

  /** @param releases what ends with the socket */
  async #openDirect(
    opening: Opening,
    deadline: Deadline,
    events: SocketEvents,
    releases: readonly Release[],
  ): Promise<ModemSocket> {
    const { operation, family, host, port } = opening;
    const dial = async (opened: Opened): Promise<ModemSocket> => {
      // Asking the modem for the address would take the line away again.
      const parts = { operation, family, ...this.#modem, remote: { ip: host, port } };
      const socket = new TransparentSocket({ ...parts, ...releasing(opened, releases) }, events);
      try {
        await socket.open(directOpening(this.#needs.model, opened.number.value, opening, deadline));
        return socket;
      } catch (error) {
        throw await clearFailed(this.#modem, opened.number, opening, error);
      }
    };
    await setPackets(this.#channel, deadline.signal);
    return this.#opener.openBy(dial, opening, deadline);
  }

  async #openUdp(
    { cid: wanted, localPort, host = "" }: UdpOptions,
    deadline: Deadline,
    events: SocketEvents,
  ): Promise<ModemSocket> {
    const cid = wanted ?? this.#needs.packetData.defaultCid;
    await this.#needs.packetData.require(cid);
    const noServer = (await this.#isIpv6(host, cid)) ? NO_IPV6_SERVER : NO_SERVER;
    for (let attempt = 1; ; attempt += 1) {
      const port = localPort ?? randomInt(EPHEMERAL.first, EPHEMERAL.end);
      const operation = `UDP socket on port ${port}`;
      const opening = { operation, family: UDP, cid, service: "UDP SERVICE", ...noServer, localPort: port } as const;
      try {
        const opened = await this.#opener.open(opening, deadline);
        return this.#start({ operation, family: UDP, remote: undefined }, opened, events);
      } catch (error) {
        const isTaken = isModemError(error) && PORT_TAKEN.has(error.cause?.errorCode ?? 0);
        if (localPort !== undefined || !isTaken || attempt === EPHEMERAL.attempts) throw error;
      }
    }
  }

  /** Whether a UDP socket has to be of IPv6: for an address of that kind, and on a context that has no other. */
  async #isIpv6(host: string, cid: number): Promise<boolean> {
    const kind = isIP(withoutBrackets(host));
    if (kind !== 0) return kind === 6;
    const { addresses } = await this.#needs.packetData.status(cid);
    return addresses.length > 0 && addresses.every((address) => isIP(address) === 6);
  }

  async #listen(
    { cid: wanted, localPort }: ListenOptions,
    deadline: Deadline,
    accept: Accept,
    onClosed: OnClosed,
  ): Promise<ModemListener> {
    const cid = wanted ?? this.#needs.packetData.defaultCid;
    await this.#needs.packetData.require(cid);
    const operation = `Listening on port ${localPort}`;
    const opening = { operation, family: TCP, cid, service: "TCP LISTENER", ...NO_SERVER, localPort } as const;
    const opened = await this.#opener.open(opening, deadline, (incoming, isListening) => {
      const to = `port ${localPort}`;
      void this.#welcome(incoming, { cid, to, ...(isListening && { accept }) }).catch((error: unknown) =>
        this.#channel.note(`${operation}: a connection was passed over: ${String(error)}`),
      );
    });
    return new QuectelListener(this.#modem, opened, localPort, onClosed);
  }

  /**
   * Takes a connection that the modem has accepted. The line that tells of it may be damaged, and its number another's:
   * the modem is asked what it is.
   */
  async #welcome({ number, ip, port }: Incoming, { cid, to, accept }: Welcome): Promise<void> {
    const operation = `TCP connection from ${ip}, port ${port}, to ${to}`;
    const control = new SocketControl(this.#modem, number, TCP);
    // A free one at once, so that nothing that follows is missed.
    let connection = this.#needs.numbers.isHeld(number) ? undefined : this.#opener.accept(number, cid, operation);
    const remote = (await control.state().catch(() => undefined))?.remote;
    const isIt = remote !== undefined && (connection !== undefined || (remote.ip === ip && remote.port === port));
    if (!isIt) {
      connection?.release();
      throw new Error(`socket ${number} is none from ${ip}, port ${port}`);
    }
    connection ??= this.#opener.accept(number, cid, operation);
    const what = { operation: `TCP connection from ${remote.ip}, port ${remote.port}, to ${to}`, family: TCP, remote };
    if (accept === undefined) void this.#start(what, connection, NOBODY).close();
    else this.#start(what, connection, (socket) => this.#introduce(socket, accept, what.operation));
  }

  /** What the owner wants to be told; a connection that it can't take is closed. */
  #introduce(socket: ModemSocket, accept: Accept, operation: string): SocketEvents {
    try {
      return accept(socket);
    } catch (error) {
      this.#channel.note(`${operation}: it was not taken: ${String(error)}`);
      void socket.close();
      return NOBODY;
    }
  }

  #start(
    what: { operation: string; family: SocketFamily; remote: SocketAddress | undefined },
    opened: Opened,
    owner: SocketEvents | Accept,
  ): ModemSocket {
    const { cid } = opened.state;
    const resolve = async (host: string, signal: AbortSignal | undefined): Promise<string> =>
      (await this.#needs.diagnostics.resolve(host, { cid, signal })).address;
    const names = new NameCache(resolve, REMEMBERED_NAMES);
    const socket = new QuectelSocket({ ...what, ...opened, ...this.#modem, names });
    socket.start(typeof owner === "function" ? owner(socket) : owner);
    return socket;
  }

  /** The address that a name stood for, as the modem tells it. */
  async #remote(
    { host, port }: SocketPlan,
    { number }: Opened,
    family: SocketFamily,
  ): Promise<SocketAddress | undefined> {
    if (isIP(host) !== 0) return { ip: host, port };
    const reported = await new SocketControl(this.#modem, number.value, family).state().catch(() => undefined);
    return reported?.remote;
  }

  /** Over TLS a failed connection may be a failed handshake. */
  async #explain(
    error: unknown,
    { operation, ssl, cid, host, port }: SocketPlan & { cid: number },
    lease: SslLease | undefined,
    deadline: Deadline,
  ): Promise<unknown> {
    if (ssl === undefined || lease === undefined || deadline.signal.aborted || !isModemError(error)) return error;
    const number = error.cause?.errorCode;
    if (!mayBeHandshake(number)) return error;
    const server = { cid, host, port };
    const failed = { operation, error, number, server, plan: ssl, lease, remaining: deadline.remaining };
    return explainTls(this.#modem, this.#needs.numbers, failed);
  }
}

/** The socket, unless the deadline comes first: one that opens after the deadline is closed again. */
async function inTime<T extends ModemSocket | ModemListener>(deadline: Deadline, opening: Promise<T>): Promise<T> {
  try {
    return await deadline.race(opening);
  } catch (error) {
    void opening.then(
      (socket) => socket.close(),
      () => undefined,
    );
    throw error;
  }
}

/** The socket, with what is given back together with its number. */
function releasing(opened: Opened, releases: readonly Release[]): Opened {
  const release = (): void => {
    for (const giveBack of [...releases, opened.release]) giveBack();
  };
  return { ...opened, release };
}
