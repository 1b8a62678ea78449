import { describe, expect, it } from "vitest";
import { LaraHost } from "../lara-host";
import { run } from "./secure-host";

const FACTORY = ["0,0", "1,0", "2,0", '3,""', '4,""', '5,""', '6,""', '10,""', "11,0", '12,"",0', "13,0,0", "13,1,0"];

const codeOf = (setting: string) => /^(13,)?\d+/.exec(setting)?.[0];

describe("+USECPRF", () => {
  it("starts with the factory settings in all five profiles", async () => {
    const host = await LaraHost.open();
    for (const profile of [0, 4]) {
      for (const setting of FACTORY) {
        expect(await host.command(`AT+USECPRF=${profile},${codeOf(setting)}`)).toEqual([
          `+USECPRF: ${profile},${setting}`,
          "OK",
        ]);
      }
    }
  });

  it.each([
    ...[0, 1, 2, 3].map((level) => `0,${level}`),
    ...[0, 1, 2, 3, 4].map((version) => `1,${version}`),
    ...[0, 1, 33].map((suite) => `2,${suite}`),
    '2,99,"C0","2B"',
    `3,"${"c".repeat(200)}"`,
    `4,"${"h".repeat(256)}"`,
    `5,"${"c".repeat(200)}"`,
    `6,"${"k".repeat(200)}"`,
    `10,"${"s".repeat(128)}"`,
    "11,1",
    `12,"${"p".repeat(200)}",0`,
    '12,"pin",1',
    '12,"pin",2',
    "13,0,1",
    ...[0, 1, 3, 10, 11, 13].map((type) => `13,1,${type}`),
  ])("keeps %s for one profile and tells it again", async (setting) => {
    const host = await LaraHost.open();
    await run(host, `AT+USECPRF=3,${setting}`);
    const code = codeOf(setting);
    expect(await host.command(`AT+USECPRF=3,${code}`)).toEqual([`+USECPRF: 3,${setting}`, "OK"]);
    const factory = FACTORY.find((other) => codeOf(other) === code);
    expect(await host.command(`AT+USECPRF=2,${code}`)).toEqual([`+USECPRF: 2,${factory}`, "OK"]);
  });

  it("adds suites to a list and takes them away", async () => {
    const host = await LaraHost.open();
    const list = async () => (await host.command("AT+USECPRF=0,2"))[0];
    await run(host, "AT+USECPRF=0,2,3", 'AT+USECPRF=0,2,100,"C0","2A",0', 'AT+USECPRF=0,2,100,"c0","2c",0');
    expect(await list()).toBe('+USECPRF: 0,2,100,"C02A;C02C"');
    await run(host, 'AT+USECPRF=0,2,100,"C0","2A",0');
    expect(await list()).toBe('+USECPRF: 0,2,100,"C02A;C02C"');
    await run(host, 'AT+USECPRF=0,2,100,"C0","2A",1');
    expect(await list()).toBe('+USECPRF: 0,2,100,"C02C"');
    expect(await host.command('AT+USECPRF=0,2,100,"C0","2A",1')).toEqual(["+CME ERROR: incorrect parameters"]);
    await run(host, 'AT+USECPRF=0,2,100,"C0","2C",1');
    expect(await list()).toBe("+USECPRF: 0,2,0");
  });

  it("takes passwords, keys and identities, and never tells them", async () => {
    const host = await LaraHost.open();
    await run(
      host,
      `AT+USECPRF=0,7,"${"p".repeat(128)}"`,
      `AT+USECPRF=0,8,"${"k".repeat(64)}"`,
      'AT+USECPRF=0,8,"text",0',
      `AT+USECPRF=0,8,"${"0F".repeat(64)}",1`,
      `AT+USECPRF=0,9,"${"i".repeat(128)}"`,
      `AT+USECPRF=0,9,"${"69".repeat(128)}",1`,
    );
    for (const code of [7, 8, 9]) {
      expect(await host.command(`AT+USECPRF=0,${code}`)).toEqual(["+CME ERROR: operation not allowed"]);
    }
  });

  it("resets one profile", async () => {
    const host = await LaraHost.open();
    await run(host, "AT+USECPRF=1,0,3", "AT+USECPRF=2,0,3", "AT+USECPRF=1,13,0,1", "AT+USECPRF=1");
    expect(await host.command("AT+USECPRF=1,0")).toEqual(["+USECPRF: 1,0,0", "OK"]);
    expect(await host.command("AT+USECPRF=1,13,0")).toEqual(["+USECPRF: 1,13,0,0", "OK"]);
    expect(await host.command("AT+USECPRF=2,0")).toEqual(["+USECPRF: 2,0,3", "OK"]);
  });

  it("forgets everything at a reboot", async () => {
    const host = await LaraHost.open();
    await run(host, "AT+USECPRF=1,0,3", 'AT+USECPRF=1,3,"root"', "AT+USECPRF=1,13,0,1");
    await host.reboot();
    expect(await host.command("AT+USECPRF=1,0")).toEqual(["+USECPRF: 1,0,0", "OK"]);
    expect(await host.command("AT+USECPRF=1,3")).toEqual(['+USECPRF: 1,3,""', "OK"]);
    expect(await host.command("AT+USECPRF=1,13,0")).toEqual(["+USECPRF: 1,13,0,0", "OK"]);
  });

  it("tells its ranges", async () => {
    const host = await LaraHost.open();
    expect(await host.command("AT+USECPRF=?")).toEqual(["+USECPRF: (0-4),(0-13)", "OK"]);
  });

  it.each([
    ["5", "incorrect parameters"],
    ["", "incorrect parameters"],
    ["0,0,4", "incorrect parameters"],
    ["0,0,1,1", "incorrect parameters"],
    ["0,1,5", "incorrect parameters"],
    ["0,2,34", "incorrect parameters"],
    ["0,2,3,1", "incorrect parameters"],
    ['0,2,99,"C0"', "incorrect parameters"],
    ['0,2,99,"C0","2G"', "incorrect parameters"],
    ['0,2,99,"C02","B"', "text string too long"],
    ["0,2,99,C0,2B", "incorrect parameters"],
    ['0,2,100,"C0","2B"', "incorrect parameters"],
    ['0,2,100,"C0","2B",2', "incorrect parameters"],
    ["0,3,root", "incorrect parameters"],
    [`0,3,"${"c".repeat(201)}"`, "text string too long"],
    [`0,4,"${"h".repeat(257)}"`, "text string too long"],
    [`0,5,"${"c".repeat(201)}"`, "text string too long"],
    [`0,6,"${"k".repeat(201)}"`, "text string too long"],
    [`0,7,"${"p".repeat(129)}"`, "text string too long"],
    [`0,8,"${"k".repeat(65)}"`, "text string too long"],
    [`0,8,"${"0F".repeat(65)}",1`, "text string too long"],
    ['0,8,"0F0",1', "incorrect parameters"],
    ['0,8,"xy",1', "incorrect parameters"],
    ['0,8,"k",2', "incorrect parameters"],
    [`0,9,"${"i".repeat(129)}"`, "text string too long"],
    [`0,10,"${"s".repeat(129)}"`, "text string too long"],
    ["0,11,2", "incorrect parameters"],
    ['0,12,"pin"', "incorrect parameters"],
    ['0,12,"pin",3', "incorrect parameters"],
    ["0,13", "incorrect parameters"],
    ["0,13,0,2", "incorrect parameters"],
    ["0,13,1,2", "incorrect parameters"],
    ["0,13,1,14", "incorrect parameters"],
    ["0,13,4", "incorrect parameters"],
    ["0,14,0", "operation not supported"],
  ])("refuses %s: %s", async (setting, words) => {
    const host = await LaraHost.open();
    expect(await host.command(`AT+USECPRF=${setting}`)).toEqual([`+CME ERROR: ${words}`]);
  });
});
