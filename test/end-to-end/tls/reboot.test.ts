import { expect, it } from "vitest";
import { simulatorFor } from "../../../simulator/faces/in-process";
import type { Simulator } from "../../../simulator/simulator";
import { startSecureServer } from "../../simulator/internet/secure-server";
import { drive, identity, pem, securityProfile, simulatedPort } from "./bench";

/** LARA-R6 says nothing when it boots; it answers, and is attached again, long before anybody asks how it is. */
it("an impostor is refused after a reboot of which LARA-R6 did not tell", async ({ onTestFinished }) => {
  const server = await startSecureServer(identity("server"));
  const impostor = await startSecureServer(identity("loopback"));
  const port = simulatedPort("LARA-R6");
  const driven = await drive(port);
  onTestFinished(async () => {
    await driven.close();
    await Promise.all([server.stop(), impostor.stop()]);
  });
  const security = securityProfile({ ca: pem("ca.cert") });
  const get = (to: { port: number }) => driven.get(`https://server.example:${to.port}/`, security);
  expect((await get(server)).statusCode).toBe(200);
  let restarted = false;
  driven.modem.on("restarted", () => {
    restarted = true;
  });

  const { radio } = (simulatorFor(port) as Simulator).modem;
  simulatorFor(port).fault("reboot");
  // A command in this time would give the reboot away.
  expect(radio.attached).toBe(false);
  await expect.poll(() => radio.attached).toBe(true);
  expect(restarted).toBe(false);

  await expect(get(impostor)).rejects.toMatchObject({ code: "TLS_FAILED" });
  expect(impostor.seen).toEqual([]);
  expect((await get(server)).statusCode).toBe(200);
});
