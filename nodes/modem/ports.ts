import { MODELS } from "../../driver/models";
import { listSerialPorts, type SerialPortInfo } from "../../driver/transport/discovery";
import type { Runtime } from "../common/types";
import { PORTS_PATH, type PortChoice } from "./types";

/** Serves the list of the gateway's ports to the editor. */
export function servePorts(RED: Runtime): void {
  RED.httpAdmin.get(`/${PORTS_PATH}`, RED.auth.needsPermission("modem.read"), (_request, response) => {
    listSerialPorts({ modems: MODELS }).then(
      (ports) => response.json(ports.map(portChoice)),
      // Any text may be typed as a port, so an editor without a list still works.
      () => response.json([]),
    );
  });
}

function portChoice({ path, device, modem, product, manufacturer }: SerialPortInfo): PortChoice {
  const description = modem ?? product ?? manufacturer;
  const parts = [description, path === device ? undefined : device].filter((part) => part !== undefined);
  return parts.length === 0 ? { path, label: path } : { path, label: `${path} (${parts.join(", ")})` };
}
