/**
 * The clock of simulated lines, captured when this file is loaded, so that a line keeps real time even if a test
 * replaces the global timers: with a stopped clock the line would wait forever.
 */
export const now: () => number = performance.now.bind(performance);
export const nextTurn = setImmediate;
export const wait = setTimeout;
export const stopWait = clearTimeout;
