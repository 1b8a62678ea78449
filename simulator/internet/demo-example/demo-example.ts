import type { OwnInternet } from "../own-traffic";
import { echoDatagrams, echoStream, tellTime } from "./echo";
import { Network } from "./network";
import { Pages } from "./pages";
import { plainServer, type Service, secured, secureEcho, secureServer } from "./servers";

const HOST = "demo.example";
const MODEMS = "modems.example";
const MQTT_SN = 10_000;
/** Topics of the gateway that go by a number. */
const PREDEFINED = { 1: "demo/alarm" };

/** An internet of the `hosts`, by their addresses, with the services of demo.example. Nothing of it is a port of this machine. */
export function createDemoInternet(hosts: Readonly<Record<string, readonly string[]>>): OwnInternet {
  const network = new Network(hosts[MODEMS] ?? []);
  const pages = new Pages();
  const mqtt = mqttService();
  // One line a service, by its port; the next protocol takes one more.
  const streams = {
    7: echoStream,
    80: plainServer(pages),
    443: secureServer(pages),
    1883: mqtt,
    4433: secureEcho(),
    8883: secured(mqtt),
  };
  const datagrams = { 7: echoDatagrams, 123: tellTime };
  const mqttSn = mqttSnService(network, hosts[HOST]?.[0] ?? "");
  for (const address of hosts[HOST] ?? []) {
    const gateway = network.bind({ address, port: MQTT_SN }, (bytes, from) =>
      mqttSn(bytes, `${from.address} ${from.port}`, (answer) => gateway.send(answer, from)),
    );
    for (const [port, serve] of Object.entries(streams)) network.listen({ address, port: Number(port) }, serve);
    for (const [port, answer] of Object.entries(datagrams)) {
      const end = network.bind({ address, port: Number(port) }, (bytes, from) => {
        const reply = answer(bytes);
        if (reply !== undefined) end.send(reply, from);
      });
    }
  }
  return network;
}

/** One broker, which is read with the first connection to it. */
function mqttService(): Service {
  let broker: Promise<Service> | undefined;
  return (socket) => {
    broker ??= import("./mqtt/mqtt.js").then(({ MqttBroker }) => new MqttBroker().serve);
    // A client that hangs up before that is not an error.
    socket.on("error", () => undefined);
    void broker.then((serve) => serve(socket));
  };
}

type Gateway = (bytes: Buffer, client: string, reply: (answer: Buffer) => void) => void;

/** A gateway to the broker, which is read with the first datagram to it. @param address of the broker */
function mqttSnService(network: Network, address: string): Gateway {
  let gateway: Promise<Gateway> | undefined;
  return (bytes, client, reply) => {
    gateway ??= import("./mqtt-sn-gateway/gateway.js").then(({ MqttSnGateway }) => {
      const broker = () => network.connect({ address, port: 1883 });
      const opened = new MqttSnGateway({ broker, predefined: PREDEFINED });
      return (...datagram) => opened.receive(...datagram);
    });
    void gateway.then((receive) => receive(bytes, client, reply));
  };
}
