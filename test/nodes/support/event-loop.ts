/** ms of this process's own time that the longest turn of the event loop takes until `ended`; other programs don't count. */
export async function longestTurn(start: () => void, ended: Promise<unknown>): Promise<number> {
  let longest = 0;
  let isOver = false;
  const finish = (): void => {
    isOver = true;
  };
  ended.then(finish, finish);
  let before = process.cpuUsage();
  start();
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve));
    const { user, system } = process.cpuUsage(before);
    longest = Math.max(longest, (user + system) / 1000);
    before = process.cpuUsage();
  }
  return longest;
}
