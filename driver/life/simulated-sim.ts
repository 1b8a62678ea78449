import type { SimQuestions } from "../services/model";

/** Simulated SIMs have one number unless they are given others: it would not tell them apart. */
export function withoutNumber(sim: SimQuestions | undefined): SimQuestions | undefined {
  return sim && { iccid: async () => undefined, pinAttempts: () => sim.pinAttempts() };
}
