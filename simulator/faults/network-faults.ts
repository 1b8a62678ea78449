import { receiveText } from "../cellular/messages/arrival";
import { sayUssd } from "../cellular/ussd";
import { COUNT, DURATION, type FaultTable, milliseconds, TEXT, unescaped } from "./fault";

const LOST_DATAGRAMS = /^[1-9]\d{0,3}(,to-modem)?$/;

function lostDatagrams(value: string): readonly [count: number, direction: "from-modem" | "to-modem"] {
  const [count = "", direction] = value.split(",");
  return [Number(count), direction === "to-modem" ? "to-modem" : "from-modem"];
}

/** What happens in the network and beyond. */
export const NETWORK_FAULTS: FaultTable = {
  "lost-registration": {
    help: "no network, contexts included",
    start: ({ targets }) => targets.modem.radio.setCovered(false),
    end: ({ targets }) => targets.modem.radio.setCovered(true),
  },
  "lost-context": {
    help: "the network takes PDP context =CID down, or all",
    value: COUNT,
    start: ({ targets }, value) => targets.modem.radio.loseContext(value === undefined ? undefined : Number(value)),
  },
  "pdp-type": {
    help: "contexts get at most =IP, IPV6 or IPV4V6 from the network, from their next activation on",
    value: /^(IP|IPV6|IPV4V6)$/,
    needsValue: true,
    start: ({ targets }, value) => targets.modem.radio.offer(value === "IP" || value === "IPV6" ? value : "IPV4V6"),
    end: ({ targets }) => targets.modem.radio.offer("IPV4V6"),
  },
  sms: {
    help: "a message =TEXT comes for the SIM, as +CNMI wants it; \\r \\n \\\\ in it as in C",
    value: TEXT,
    needsValue: true,
    start: ({ targets }, value = "") => receiveText(targets.modem, unescaped(value)),
  },
  ussd: {
    help: "the network says =TEXT by +CUSD, now and in answer to whatever +CUSD asks; escapes as with sms",
    value: TEXT,
    needsValue: true,
    start: ({ targets }, value = "") => sayUssd(targets.modem, unescaped(value)),
  },
  "weak-signal": {
    help: "hardly any signal",
    start: ({ targets }) => targets.modem.radio.setWeak(true),
    end: ({ targets }) => targets.modem.radio.setWeak(false),
  },
  congestion: {
    help: "the network moves no data, and the modem's queues fill",
    start: ({ targets }) => targets.modem.congestion.begin(),
    end: ({ targets }) => targets.modem.congestion.end(),
  },
  "lose-datagrams": {
    help: "the next =N datagrams from the modem are lost, or with =N,to-modem those to it (1); with a duration, all",
    value: LOST_DATAGRAMS,
    start: ({ targets }, value = "1", lasts) => {
      const [count, direction] = lostDatagrams(value);
      targets.modem.troubles.loseDatagrams(lasts ? Number.POSITIVE_INFINITY : count, direction);
    },
    end: ({ targets }, value = "1") => targets.modem.troubles.loseDatagrams(0, lostDatagrams(value)[1]),
  },
  "slow-connect": {
    help: "every connection takes =MS longer until it stands",
    value: DURATION,
    needsValue: true,
    start: ({ targets }, value = "0") => targets.modem.troubles.delayConnections(milliseconds(value)),
    end: ({ targets }) => targets.modem.troubles.delayConnections(0),
  },
  "cut-body": {
    help: "the server of the next HTTP answer hangs up =N bytes before the body's end (1); with a duration of each",
    value: COUNT,
    start: ({ targets }, value = "1", lasts) => targets.modem.troubles.cutBodies(Number(value), lasts),
    end: ({ targets }) => targets.modem.troubles.cutBodies(0, false),
  },
};
