export type InternetFailure = "dns" | "connect" | "timeout" | "tls" | "reset" | "closed";

export class InternetError extends Error {
  constructor(
    readonly failure: InternetFailure,
    message: string,
  ) {
    super(message);
  }
}
