/**
 * The clock of simulated lines as a test replaces it. The simulator takes the real one for good when it is loaded; this
 * one is whichever stands now.
 */
export const now = (): number => performance.now();
export const nextTurn = setImmediate;
export const wait = (work: () => void, ms?: number): NodeJS.Timeout => setTimeout(work, ms);
export const stopWait = (timer: NodeJS.Timeout | undefined): void => clearTimeout(timer);
