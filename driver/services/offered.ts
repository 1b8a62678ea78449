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
  mqtt: "MQTT client",
  mqttSn: "MQTT-SN client",
};

/**
 * A model's services as a flow sees them: to take one that the model lacks throws `NOT_SUPPORTED`.
 *
 * @param explained what a caller is told instead of an error
 */
export function offeredServices(
  model: string,
  services: ModelServices,
  explained: (error: unknown) => unknown = (error) => error,
): Services {
  const offered: Record<string, unknown> = {};
  for (const [name, words] of Object.entries(WORDS)) {
    const service = services[name as keyof Services];
    if (service !== undefined) {
      offered[name] = explaining(service, explained);
      continue;
    }
    const get = (): never => {
      throw new ModemError("NOT_SUPPORTED", `${model} has no ${words} that this driver can use`);
    };
    Object.defineProperty(offered, name, { get });
  }
  return offered as unknown as Services;
}

/** The service, with what its methods reject with put into other words. */
function explaining<Service extends object>(service: Service, explained: (error: unknown) => unknown): Service {
  return new Proxy(service, {
    get: (_service, name) => {
      const member: unknown = Reflect.get(service, name, service);
      if (typeof member !== "function") return member;
      return (...given: unknown[]): unknown => {
        const result: unknown = Reflect.apply(member, service, given);
        if (!(result instanceof Promise)) return result;
        return result.catch((error: unknown) => {
          throw explained(error);
        });
      };
    },
  });
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
