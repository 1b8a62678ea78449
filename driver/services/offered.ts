import { ModemError } from "../errors";
import type { ModelServices, ServiceLife, Services } from "./model";

/** What a modem that lacks a service is said to lack. */
const WORDS: Readonly<Record<keyof Services, string>> = {
  packetData: "data connections",
  diagnostics: "ping and DNS lookup",
  files: "files",
  http: "HTTP client",
  security: "TLS",
  sockets: "sockets",
};

/** A model's services as a flow sees them: to take one that the model lacks throws `NOT_SUPPORTED`. */
export function offeredServices(model: string, services: ModelServices): Services {
  const offered: object = { ...services };
  for (const [name, words] of Object.entries(WORDS)) {
    if (services[name as keyof Services] !== undefined) continue;
    const get = (): never => {
      throw new ModemError("NOT_SUPPORTED", `${model} has no ${words} that this driver can use`);
    };
    Object.defineProperty(offered, name, { get });
  }
  return offered as Services;
}

/** The modem is being set up again. */
export function resetServices(services: ModelServices): void {
  for (const service of livesOf(services)) service.reset?.();
}

/** Those that use others come first. */
export function disposeServices(services: ModelServices, error: Error): void {
  for (const service of livesOf(services).reverse()) service.dispose?.(error);
}

function livesOf(services: ModelServices): ServiceLife[] {
  return Object.values(services).filter((service) => service !== undefined);
}
