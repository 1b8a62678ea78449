import { describe, expect, it, vi } from "vitest";
import { Gateway, KINDS, modem, portWithState, resuming, reused, server } from "./resumption";

// All at once: they wait for lines and boots most of the time.
vi.setConfig({ maxConcurrency: 16 });

/** ms */
const LIMIT = 240_000;

describe.concurrent.each(KINDS)("a session of kind $name", { timeout: LIMIT }, (kind) => {
  it("is taken up at the second request, and after the modem rebooted by itself and by command", async (ending) => {
    const web = await server(kind, ending);
    const one = await modem(ending);
    const profile = new Gateway().profile(resuming(kind));
    await one.get(web.url, profile);
    await one.get(web.url, profile);
    await one.reboot("itself");
    await one.get(web.url, profile);
    await one.reboot("command");
    await one.get(web.url, profile);
    expect(reused(web)).toEqual([false, true, true, true]);
  });

  it("is taken up when gateway and modem start anew, as the modem still has its own key", async (ending) => {
    const web = await server(kind, ending);
    const gateway = new Gateway();
    const before = await modem(ending, portWithState(ending));
    await before.get(web.url, gateway.profile(resuming(kind)));
    await gateway.restart();
    const after = await before.restart();
    await after.get(web.url, gateway.profile(resuming(kind)));
    expect(reused(web)).toEqual([false, true]);
  });

  it("goes to another modem when it is plain, and costs that one a full handshake when encrypted", async (ending) => {
    const web = await server(kind, ending);
    const gateway = new Gateway();
    const before = await modem(ending);
    await before.get(web.url, gateway.profile(resuming(kind)));
    await gateway.restart();
    const after = await before.restart();
    await after.get(web.url, gateway.profile(resuming(kind)));
    await after.get(web.url, gateway.profile(resuming(kind)));
    expect(reused(web)).toEqual([false, !kind.encrypted, true]);
  });

  it("is replaced after a full handshake when the server has forgotten it", async (ending) => {
    const web = await server(kind, ending);
    const gateway = new Gateway();
    const profile = gateway.profile(resuming(kind));
    const stored = () => profile.sessions?.load(`server.example:${web.port}`);
    const one = await modem(ending, portWithState(ending));
    await one.get(web.url, profile);
    const old = await stored();
    web.forget();
    await one.get(web.url, profile);
    await one.get(web.url, profile);
    expect(reused(web)).toEqual([false, false, true]);
    expect(old?.type).toBe(kind.type);
    expect((await stored())?.data).not.toBe(old?.data);

    // Forgotten while the gateway was off: what is old is what comes out of the store.
    web.forget();
    await gateway.restart();
    const again = await one.restart();
    const restarted = gateway.profile(resuming(kind));
    await again.get(web.url, restarted);
    await again.get(web.url, restarted);
    expect(reused(web).slice(3)).toEqual([false, true]);
  });

  it("is kept apart for each of two servers that one profile visits in turn", async (ending) => {
    const [one, other] = [await server(kind, ending), await server(kind, ending)];
    const two = await modem(ending);
    const profile = new Gateway().profile(resuming(kind));
    for (let round = 0; round < 3; round += 1) {
      for (const { url } of [one, other]) await two.get(url, profile);
    }
    await two.reboot("itself");
    for (const { url } of [one, other]) await two.get(url, profile);
    expect(reused(one)).toEqual([false, true, true, true]);
    expect(reused(other)).toEqual([false, true, true, true]);
  });

  it("is taken up by several connections at once", async (ending) => {
    const web = await server(kind, ending);
    const one = await modem(ending);
    const profile = new Gateway().profile(resuming(kind));
    await one.get(web.url, profile);
    await Promise.all([1, 2, 3, 4].map(() => one.get(web.url, profile)));
    expect(reused(web)).toEqual([false, true, true, true, true]);
  });

  it("is lost with a reboot where nobody keeps it, which costs a full handshake", async (ending) => {
    const web = await server(kind, ending);
    const before = await modem(ending, portWithState(ending));
    await before.get(web.url, resuming(kind));
    const after = await before.restart();
    await after.get(web.url, resuming(kind));
    await after.get(web.url, resuming(kind));
    expect(reused(web)).toEqual([false, false, true]);
  });
});
