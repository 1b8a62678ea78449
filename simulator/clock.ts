/**
 * The clock of simulated lines, taken when this file is loaded: a line keeps real time also under a test that replaces
 * the global timers, since a line whose clock stands still would wait for itself.
 */
export const now: () => number = performance.now.bind(performance);
export const nextTurn = setImmediate;
export const wait = setTimeout;
export const stopWait = clearTimeout;
