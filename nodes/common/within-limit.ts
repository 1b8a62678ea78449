/** Resolves when the work is over, however it ends, and at the latest after `limit` ms. */
export async function withinLimit(work: Promise<unknown> | undefined, limit: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limit);
  });
  await Promise.race([work, timeout]).catch(() => undefined);
  clearTimeout(timer);
}
