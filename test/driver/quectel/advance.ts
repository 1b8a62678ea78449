import { vi } from "vitest";

/** Lets so many ms of fake time pass in small steps, and between them everything that real events bring. */
export async function advance(time: number): Promise<void> {
  const step = 100;
  for (let passed = 0; passed < time; passed += step) {
    await settle();
    await vi.advanceTimersByTimeAsync(Math.min(step, time - passed));
  }
  await settle();
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(0);
  }
}
