import type { Node } from "node-red";
import { ModemError } from "../../driver/errors";
import type { ModemHandle, ReadyOptions } from "../../driver/modem-types";
import type { HttpRequest } from "../../driver/services/http/http";
import type { Services } from "../../driver/services/model";
import { findModem, findTls } from "../common/config-nodes";
import type { Job, Operation } from "../common/controller";
import { nodeClosed, notConfigured } from "../common/errors";
import { checkFit } from "../common/known-model";
import { contextId } from "../common/message/context-id";
import {
  flag,
  isEmpty,
  optionalChoice,
  optionalNumber,
  optionalText,
  pick,
  requiredText,
} from "../common/message/input";
import { renderTemplate } from "../common/message/template";
import { requestMisfits } from "../common/model-fit";
import { ArrivalOrder } from "../common/outbox/arrival-order";
import { outboxPath } from "../common/outbox/path";
import { GREEN_DOT, type StatusText } from "../common/status";
import type { Message, ObservableModem, Runtime } from "../common/types";
import { requestBody } from "./body";
import { ownCookies } from "./cookies";
import { removeRepeated, requestHeaders } from "./headers";
import { HttpOutbox, type KeptRequest, outboxSettings } from "./http-outbox";
import { type Answered, type Asked, requestFollowing } from "./redirects";
import { responseMessage } from "./response";
import {
  HTTP_AUTH_TYPES,
  HTTP_METHOD_CHOICES,
  HTTP_METHODS,
  HTTP_TIMEOUT_RANGE,
  HTTP_VERIFICATIONS,
  MODEM_HTTP_DEFAULTS,
  type ModemHttpCredentials,
  type ModemHttpProperties,
  RETURN_TYPES,
} from "./types";
import { type HttpTarget, targetUrl } from "./url";

type Instance = Node<ModemHttpCredentials>;

const DEFAULT_TIMEOUT_S = 120;
/** What changes something on the server, and so must not get lost. */
const KEPT_METHODS: ReadonlySet<string> = new Set(["POST", "PUT", "DELETE"]);
const NO_LOGIN = { user: undefined, password: undefined };

/** A checked request; it may be in the outbox already. */
type Request = Asked & { readonly kept?: { readonly sent: Promise<Answered> } };

export class HttpOperation implements Operation<Request, Services | undefined> {
  readonly #RED: Runtime;
  readonly #node: Instance;
  readonly #properties: ModemHttpProperties;
  readonly #arrivals = new ArrivalOrder();
  /** Undefined where the node has none. */
  #outbox: HttpOutbox | undefined;

  constructor(RED: Runtime, node: Instance, properties: ModemHttpProperties) {
    this.#RED = RED;
    this.#node = node;
    this.#properties = properties;
  }

  /** Returns a function that stops it. @throws {ModemError} for what can't be used, or this modem can't do */
  start(modem: ObservableModem, changed: () => void): () => Promise<void> {
    this.#checkFit();
    const settings = outboxSettings(this.#properties);
    if (settings === undefined) return async () => {};
    const outbox = new HttpOutbox({
      settings,
      path: outboxPath(this.#RED, this.#node.id),
      modem,
      request: (services, kept, signal) => this.#request(services, this.#restored(kept), { signal }),
      onChange: changed,
      onError: (error) => this.#node.error(error, {}),
    });
    this.#outbox = outbox;
    return () => outbox.close(nodeClosed());
  }

  status(): StatusText | undefined {
    const waiting = this.#outbox?.depth.waiting ?? 0;
    if (waiting === 0) return undefined;
    return { appearance: GREEN_DOT, key: "status.sendingOutbox", values: { waiting: String(waiting) } };
  }

  prepare(message: Message): Promise<Request> {
    return this.#arrivals.next(this.#asked(message), async (asked): Promise<Request> => {
      const outbox = this.#outbox;
      if (outbox === undefined || !KEPT_METHODS.has(asked.method)) return asked;
      return { ...asked, kept: await outbox.keep(this.#keepable(asked)) };
    });
  }

  async #asked(message: Message): Promise<Asked> {
    const properties = this.#properties;
    this.#checkFit();
    optionalChoice(properties.ret, "ret", RETURN_TYPES);
    const method = this.#method(message);
    const target = await this.#target(message, method === "GET" ? message.payload : undefined);
    const headers = requestHeaders(this.#RED, properties.headers ?? [], message);
    const fromHeaders = headers.take("content-type");
    const stated = optionalText(properties.contentType, "contentType") ?? fromHeaders;
    const { body, contentType = stated } = requestBody(method, message.payload, stated);
    removeRepeated(headers, { url: target.url, body }, () => {
      this.#node.warn(this.#RED._("modem-http.warning.contentLength"));
    });
    const cookies = ownCookies(headers.take("cookie"), message.cookies);
    const verify = optionalChoice(properties.verify, "verify", HTTP_VERIFICATIONS);
    // Looked up before anything is sent: a request that should be secure must not go out in plain.
    this.#security(target.url);
    return {
      method,
      url: target.url,
      headers: headers.entries,
      cookies,
      followRedirects: this.#followRedirects(message),
      timeout: this.#timeout(message),
      ...optional("contentType", contentType),
      ...optional("body", body),
      ...optional("auth", this.#auth(target)),
      ...optional("cid", contextId(properties.cid, message)),
      ...optional("verify", verify),
    };
  }

  /** Without the query, which often holds a key. */
  describe({ method, url }: Asked): string {
    return `${method} ${url.split("?", 1)[0]}`;
  }

  isKept({ kept }: Request): boolean {
    return kept !== undefined;
  }

  outlivesNode(): boolean {
    return this.#outbox?.isOnDisk === true;
  }

  async acquire(modem: ModemHandle, wait: ReadyOptions, { kept }: Request): Promise<Services | undefined> {
    return kept === undefined ? modem.ready(wait) : undefined;
  }

  async perform(request: Request, { access, signal, progress }: Job<Services | undefined>): Promise<Partial<Message>> {
    const { kept, ...asked } = request;
    const answered = await (kept?.sent ?? this.#request(access as Services, asked, { signal, onProgress: progress }));
    const ret = optionalChoice(this.#properties.ret, "ret", RETURN_TYPES) ?? "txt";
    return responseMessage(answered, ret, (reason) => {
      this.#node.warn(this.#RED._("modem-http.warning.notJson", { reason }));
    });
  }

  #request(services: Services, asked: Asked, options: Pick<HttpRequest, "signal" | "onProgress">): Promise<Answered> {
    return requestFollowing(asked, {
      send: (request) => services.http.request({ ...request, ...options }),
      security: (url) => this.#security(url),
    });
  }

  /** @throws {ModemError} for what this modem can't do */
  #checkFit(): void {
    checkFit(this.#RED, this.#properties.modem, (model) => requestMisfits({ ...this.#properties }, model));
  }

  /** The node's own password goes into no file. */
  #keepable({ body, auth, ...request }: Asked): KeptRequest {
    const isOwn = optionalChoice(this.#properties.authType, "authType", HTTP_AUTH_TYPES) === "basic";
    return {
      ...request,
      ...(body === undefined ? {} : { body: Buffer.from(body).toString("base64") }),
      ...(auth === undefined || isOwn ? {} : { auth }),
    };
  }

  #restored({ body, ...request }: KeptRequest): Asked {
    const auth = request.auth ?? this.#auth(NO_LOGIN);
    return {
      ...request,
      ...(body === undefined ? {} : { body: Buffer.from(body, "base64") }),
      ...optional("auth", auth),
    };
  }

  #method(message: Message): Asked["method"] {
    const chosen = optionalChoice(this.#properties.method, "method", HTTP_METHOD_CHOICES) ?? "GET";
    if (chosen !== "use") return chosen;
    const name = requiredText(message.method, "msg.method", ": send a method, or choose one in the node").toUpperCase();
    return optionalChoice(name, "msg.method", HTTP_METHODS) ?? "GET";
  }

  async #target(message: Message, query: unknown): Promise<HttpTarget> {
    const { value, field } = pick("url", this.#properties.url, message.url);
    const text = requiredText(value, field, ": enter a URL in the node or send one");
    // Only the dialog's text is a template; values in a message are data.
    const templated = field === "url";
    const url = templated ? await renderTemplate(this.#RED, this.#node, { template: text, field, message }) : text;
    // As in the core node; a request that should be secure must not go out in plain.
    const scheme = isEmpty(this.#properties.tls) ? "http" : "https";
    return targetUrl(requiredText(url, field), { field, scheme, query });
  }

  /** As in the core node the message wins; a property that a Change node left empty counts as not there. */
  #followRedirects({ followRedirects }: Message): boolean {
    if (!isEmpty(followRedirects)) return Boolean(followRedirects) && followRedirects !== "false";
    return flag(this.#properties.followRedirects, "followRedirects", MODEM_HTTP_DEFAULTS.followRedirects === true);
  }

  #auth(target: Pick<HttpTarget, "user" | "password">): Asked["auth"] {
    const { user = target.user, password = target.password } = this.#node.credentials ?? {};
    const wanted = optionalChoice(this.#properties.authType, "authType", HTTP_AUTH_TYPES) === "basic";
    if (!wanted && target.user === undefined) return undefined;
    return wanted ? { user: user ?? "", password: password ?? "" } : fromUrl(target);
  }

  #security(url: string): HttpRequest["security"] {
    if (!url.startsWith("https:")) return undefined;
    const tls = findTls(this.#RED, this.#properties.tls);
    if (tls === undefined) {
      throw new ModemError(
        "INVALID_INPUT",
        "tls: an https: URL needs a security profile; choose one in the node (validation none makes no checks)",
      );
    }
    const modem = findModem(this.#RED, this.#properties.modem);
    if (modem === undefined) throw notConfigured();
    return tls.profileFor(modem);
  }

  /** ms. As in the core node, `msg.requestTimeout` (ms) wins if it is a usable number. */
  #timeout(message: Message): number {
    const seconds = optionalNumber(this.#properties.timeout, "timeout", HTTP_TIMEOUT_RANGE) ?? DEFAULT_TIMEOUT_S;
    if (message.requestTimeout === undefined) return 1000 * seconds;
    const asked = requestedTimeout(message.requestTimeout);
    if (asked >= 1 && asked <= 1000 * HTTP_TIMEOUT_RANGE.max) return asked;
    this.#node.warn(this.#RED._("modem-http.warning.requestTimeout"));
    return 1000 * seconds;
  }
}

/** NaN if it is not a number; some values throw when converted. */
function requestedTimeout(value: unknown): number {
  return typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;
}

function fromUrl({ user, password }: Pick<HttpTarget, "user" | "password">): NonNullable<Asked["auth"]> {
  return { user: user ?? "", password: password ?? "" };
}

function optional<K extends keyof Asked>(key: K, value: Asked[K]): Partial<Asked> {
  return value === undefined ? {} : { [key]: value };
}
