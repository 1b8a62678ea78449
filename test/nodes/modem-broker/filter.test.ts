import { expect, it } from "vitest";
import { matches } from "../../../nodes/modem-broker/filter";

// MQTT 3.1.1, 4.7, with its own examples.
it.each([
  ["sport/tennis/player1/#", "sport/tennis/player1", true],
  ["sport/tennis/player1/#", "sport/tennis/player1/ranking", true],
  ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
  ["sport/#", "sport", true],
  ["#", "a/b", true],
  ["sport/tennis/+", "sport/tennis/player1", true],
  ["sport/tennis/+", "sport/tennis/player1/ranking", false],
  ["sport/+", "sport", false],
  ["sport/+", "sport/", true],
  ["+/+", "/finance", true],
  ["/+", "/finance", true],
  ["+", "/finance", false],
  ["#", "$SYS/uptime", false],
  ["+/monitor/Clients", "$SYS/monitor/Clients", false],
  ["$SYS/#", "$SYS/monitor/Clients", true],
  ["$SYS/monitor/+", "$SYS/monitor/Clients", true],
  ["a/b", "a/b", true],
  ["a/b", "a/B", false],
  ["a/b", "a/b/c", false],
  ["a/b/c", "a/b", false],
  ["a b/ü", "a b/ü", true],
  ["a.c", "abc", false],
])("%s matches %s: %s", (filter, topic, isMatch) => {
  expect(matches(filter, topic)).toBe(isMatch);
});
