import { isIP } from "node:net";
import type { Channel } from "../../at/channel-types";
import { type AnswerField, splitFields, toInteger } from "../../at/fields";
import type { Line } from "../../at/line";
import { withoutBrackets } from "../../cellular/addresses";
import { isModemError, ModemError } from "../../errors";
import type { DiagnosticsService } from "../../services/diagnostics";
import type { PacketDataService } from "../../services/packet-data";
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
import type { AcquireOptions } from "../../services/waiting/pool";
import { unlessAborted } from "../../services/waiting/unless-aborted";
import { command } from "../commands";
import { FACTORY_CONTEXT, readDefaultContext } from "../packet-data/default-context";
import type { SecureConnection, UbloxSecurity } from "../security/security";
import type { UbloxTraits } from "../traits";
import { CommandCarrier } from "./carrier";
import { connectSocket } from "./connect";
import { UbloxSocket } from "./connection";
import { peer, readRemote } from "./control";
import { DirectLinkCarrier } from "./direct-link";
import { HexMode } from "./hex-mode";
import { openListener, UbloxListener } from "./listener";
import { SocketNumbers } from "./numbers";
import { planConnect, planListen, planUdp, type SocketPlan, setOptions, type UdpPlan } from "./plan";
import { Reach } from "./reach";
import { SocketLine } from "./socket-line";

type Owned = () => AcquireOptions;

/** What a socket has while it lives. */
interface Holdings {
  readonly giveBack: () => void;
  readonly secure?: SecureConnection;
  readonly peer?: UdpPlan["peer"];
  readonly local?: SocketAddress;
  readonly remote?: SocketAddress;
}

export interface SocketsParts {
  readonly channel: Channel;
  readonly packetData: Pick<PacketDataService, "onLost" | "status">;
  readonly diagnostics: Pick<DiagnosticsService, "resolve">;
  readonly security: Pick<UbloxSecurity, "connect">;
  readonly model: UbloxTraits;
}

/** TCP and UDP by the modem's sockets (guide 5). */
export class UbloxSockets implements SocketService {
  readonly #parts: SocketsParts;
  readonly #channel: Channel;
  readonly #line: SocketLine;
  readonly #reach: Reach;
  #defaultContext: number | undefined;
  /** Of contexts: whether they have IPv6 addresses only. */
  readonly #families = new Map<number, boolean>();
  readonly #numbers: SocketNumbers<UbloxSocket | UbloxListener>;
  readonly #syntax: HexMode;
  readonly #leave: readonly (() => void)[];

  constructor(parts: SocketsParts) {
    const { packetData } = parts;
    const channel = new SocketLine(parts.channel);
    this.#line = channel;
    this.#channel = parts.channel;
    this.#parts = { ...parts, channel };
    this.#numbers = new SocketNumbers(channel, parts.model);
    this.#reach = new Reach(parts.model);
    this.#syntax = new HexMode(channel);
    const ownerOf = (line: Line) => this.#numbers.get(toInteger(splitFields(line)[0]));
    this.#leave = [
      channel.onUrc("+UUSORD:", (line) => ownerOf(line)?.announced()),
      channel.onUrc("+UUSORF:", (line) => ownerOf(line)?.announced()),
      channel.onUrc("+UUSOCL:", (line) => ownerOf(line)?.closeAnnounced()),
      channel.onUrc("+UUSOLI:", (line) => this.#onAccepted(splitFields(line))),
      packetData.onLost((cid, reason) => this.#onContextLost(cid, reason)),
    ];
  }

  async connect(options: ConnectOptions, events: SocketEvents): Promise<ModemSocket> {
    const { security } = options;
    return within(planConnect(options, this.#parts.model), options, async (limit, owned) => {
      const plan = planConnect(options, this.#parts.model, await this.#isIpv6(options));
      // First, as a socket that waits for it keeps none from others.
      const waiting = { limit, signal: options.signal, owner: plan.operation };
      const secure = security && (await this.#parts.security.connect(security, plan, waiting));
      const giveBack = await this.#numbers.place(owned()).catch(async (error: unknown) => {
        await secure?.end(true);
        throw error;
      });
      const connect = async (): Promise<ModemSocket> => {
        const connection = await this.#create(plan, { giveBack, secure }, limit);
        const resolve = (host: string): Promise<string> => this.#resolve(host, limit.signal);
        const modem = { channel: this.#line, reach: this.#reach, resolve };
        const remote = await connectSocket(modem, { plan, connection, secure }, limit);
        connection.start(events, remote);
        return connection;
      };
      return unlessAborted(connect(), limit.signal);
    });
  }

  async openUdp(options: UdpOptions, events: SocketEvents): Promise<ModemSocket> {
    const { security } = options;
    return within(planUdp(options, this.#parts.model), options, async (limit, owned) => {
      const plan = planUdp(options, this.#parts.model, await this.#isIpv6(options));
      const waiting = { limit, signal: options.signal, owner: plan.operation };
      const secure = security && plan.peer && (await this.#parts.security.connect(security, plan.peer, waiting));
      const giveBack = await this.#numbers.place(owned()).catch(async (error: unknown) => {
        await secure?.end(true);
        throw error;
      });
      const open = async (): Promise<ModemSocket> => {
        const connection = await this.#create(plan, { giveBack, secure, peer: secure && plan.peer }, limit);
        try {
          // Guide 5.11: after the socket was made.
          if (secure !== undefined) await this.#line.send(command("+USOSEC=", [connection.number, 1, secure.profile]));
          await setOptions(this.#line, connection.number, plan);
        } catch (error) {
          await connection.end({ closeOnModem: true });
          throw error;
        }
        if (limit.signal.aborted) await connection.end({ closeOnModem: true });
        else connection.start(events);
        return connection;
      };
      return unlessAborted(open(), limit.signal);
    });
  }

  async listen(
    options: ListenOptions,
    accept: (socket: ModemSocket) => SocketEvents,
    onClosed: (error?: ModemError) => void,
  ): Promise<ModemListener> {
    const plan = planListen(options, this.#parts.model);
    return within(plan, options, async (limit, owned) => {
      const giveBack = await this.#numbers.place(owned());
      const parts = { channel: this.#parts.channel, plan, accept, onClosed, giveBack };
      return unlessAborted(openListener(parts, this.#numbers, limit.signal), limit.signal);
    });
  }

  /** What the modem is known to use for sockets that name no context. */
  useDefaultContext(cid: number): void {
    this.#defaultContext = cid;
  }

  dispose(error: Error): void {
    for (const leave of this.#leave) leave();
    this.#numbers.dispose(error);
    const reason = isModemError(error) ? error : new ModemError("MODEM_OFFLINE", error.message);
    for (const owner of this.#numbers.owners) void owner.end({ closeOnModem: false, error: reason });
  }

  /** Whether a name has to be reached by IPv6: the modem makes a socket of one kind before it knows the address. */
  async #isIpv6({
    host,
    cid = this.#defaultContext,
  }: {
    readonly host?: string;
    readonly cid?: number;
  }): Promise<boolean> {
    if (cid === undefined || isIP(withoutBrackets(host ?? "")) !== 0) return false;
    const held = this.#families.get(cid);
    if (held !== undefined) return held;
    const { addresses } = await this.#parts.packetData.status(cid);
    // Where a context has both kinds, the modem takes IPv4 for a name.
    const isIpv6 = addresses.length > 0 && addresses.every((address) => isIP(address) === 6);
    if (addresses.length > 0) this.#families.set(cid, isIpv6);
    return isIpv6;
  }

  /** Makes a socket; where that fails, what it was to have is given back. */
  async #create(plan: SocketPlan, holdings: Holdings, limit: Deadline): Promise<UbloxSocket> {
    const make = (number: number): UbloxSocket => this.#connection(number, plan, holdings);
    try {
      limit.signal.throwIfAborted();
      return await this.#numbers.create(plan, make, limit.signal);
    } catch (error) {
      holdings.giveBack();
      await holdings.secure?.end(true);
      throw await this.#explainRefusal(error, plan.cid);
    }
  }

  /** A refusal for which the modem tells no reason may be that of a data connection that was lost without a word. */
  async #explainRefusal(error: unknown, cid = this.#defaultContext): Promise<unknown> {
    if (cid === undefined || !isModemError(error, "MODEM_REJECTED")) return error;
    const status = await this.#parts.packetData.status(cid).catch(() => undefined);
    if (status?.active !== false) return error;
    return new ModemError("NO_CONNECTION", `${error.message}: data connection ${cid} is not active`, error.cause);
  }

  #connection(
    number: number,
    { operation, protocol, cid, mode }: Pick<SocketPlan, "operation" | "protocol" | "cid" | "mode">,
    { giveBack, secure, peer: only, local, remote }: Holdings,
  ): UbloxSocket {
    const connection: UbloxSocket = new UbloxSocket(
      {
        channel: this.#parts.channel,
        syntax: this.#syntax,
        model: this.#parts.model,
        number,
        operation,
        protocol,
        cid,
        secure: secure !== undefined,
        ...(only && { peer: only }),
        ...(local && { local }),
        resolve: (host, signal) => this.#resolve(host, signal),
        carry: (owner) => (mode === "direct" ? new DirectLinkCarrier(owner) : new CommandCarrier(owner)),
        close: () => this.#numbers.close(number, connection),
        forget: () => this.#numbers.forget(number, connection),
        release: async (error) => {
          giveBack();
          await secure?.end(!isModemError(error, "TLS_FAILED"));
        },
      },
      remote,
    );
    return connection;
  }

  /** `<socket>,<address>,<port>,<listening socket>,<own address>,<own port>` (guide 5.2). */
  #onAccepted([made, ip, port, listening, ownIp, ownPort]: readonly AnswerField[]): void {
    const number = toInteger(made);
    if (!this.#numbers.has(number)) return;
    const listeningNumber = toInteger(listening);
    // A line that was damaged tells nothing of whose the number is.
    if (this.#numbers.has(listeningNumber)) this.#numbers.supersede(number);
    const listener = this.#numbers.get(listeningNumber);
    if (!(listener instanceof UbloxListener && listener.isOpen)) {
      // Without a listener it would only keep a socket.
      void this.#numbers.close(number, undefined);
      return;
    }
    const { plan } = listener.parts;
    const remote = peer(ip, port);
    const operation = remote === undefined ? "Accepted connection" : `Connection from ${remote.ip}:${remote.port}`;
    const local = peer(ownIp, ownPort);
    const holdings = { giveBack: this.#numbers.claim(operation), ...(local && { local }), ...(remote && { remote }) };
    const connection = this.#numbers.adopt(number, this.#connection(number, { ...plan, operation }, holdings));
    void this.#welcome(connection, listener);
  }

  async #welcome(connection: UbloxSocket, { parts: { plan, accept } }: UbloxListener): Promise<void> {
    const { channel } = this.#parts;
    try {
      // The line that told of it may be damaged, and nothing but the modem knows from whom it is.
      const remote = await readRemote(channel, connection.number);
      connection.setRemote(remote);
      connection.start(accept(connection));
      await setOptions(channel, connection.number, plan);
    } catch (error) {
      channel.note(`${plan.operation}: ${String(error)}`);
      // A connection goes on without its options; one without an owner does not.
      if (!connection.isStarted) await connection.end({ closeOnModem: true });
    }
  }

  #onContextLost(cid: number, reason: string): void {
    this.#families.delete(cid);
    const error = new ModemError("NO_CONNECTION", `Data connection ${cid} was lost (${reason})`);
    const lose = (of: number | undefined): void => {
      for (const owner of this.#numbers.owners) if (owner.cid === of) owner.contextLost(error);
    };
    lose(cid);
    // Those that named none are on the modem's default one (guide 2.3.1).
    if (cid === (this.#defaultContext ?? FACTORY_CONTEXT)) lose(undefined);
    const areOthers = this.#numbers.owners.some((owner) => owner.cid === undefined);
    if (!areOthers || this.#defaultContext !== undefined || cid === FACTORY_CONTEXT) return;
    readDefaultContext(this.#channel).then(
      (used) => {
        this.#defaultContext = used;
        if (used === cid) lose(undefined);
      },
      (failure: unknown) => this.#parts.channel.note(`Data connection ${cid} was lost: ${String(failure)}`),
    );
  }

  async #resolve(host: string, signal: AbortSignal): Promise<string> {
    return (await this.#parts.diagnostics.resolve(host, { signal })).address;
  }
}

/** Runs an operation within its limit in time; pools say by themselves that they are full. */
async function within<T>(
  { operation }: SocketPlan,
  { timeout, signal }: { readonly timeout: number; readonly signal?: AbortSignal },
  work: (limit: Deadline, owned: Owned) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const limit = new Deadline(timeout, operation, signal);
  try {
    return await work(limit, () => acquireBefore({ remaining: limit.remaining, signal }, operation));
  } finally {
    limit.clear();
  }
}
