import type { ModelLimits } from "../services/model";

/** What is known of a Quectel model, for its services. */
export interface QuectelTraits {
  /** As errors call it. */
  readonly name: string;
  readonly limits: QuectelLimits;
}

export interface QuectelLimits extends Required<Pick<ModelLimits, "contexts" | "certificateName" | "lacks">> {
  /** Contexts that are active at a time. */
  readonly activeContexts: number;
  readonly sockets: number;
  /** Bytes of one send of a socket, and so of a datagram. */
  readonly send: number;
  /** SSL contexts, the HTTP client's own (1) first. */
  readonly sslContexts: readonly number[];
  /** Bytes: of a URL, of a GET's head and body, and of what the line may bring to a POST or PUT. */
  readonly http: { readonly url: number; readonly get: number; readonly post: number };
}
