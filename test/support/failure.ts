import { ModemError } from "../../driver/errors";

/** What the work is rejected with, whatever it is; a work that succeeds fails the test. */
export function rejection(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => {
      throw new Error("it did not fail", { cause: value });
    },
    (reason: unknown) => reason,
  );
}

/** The ModemError that the work is rejected with; any other end of it fails the test. */
export async function failure(work: Promise<unknown>): Promise<ModemError> {
  const reason = await rejection(work);
  if (reason instanceof ModemError) return reason;
  throw reason;
}

/** How the work ended, in a word: `done`, or the code of its ModemError, or what else it was rejected with. */
export function outcome(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "done",
    (reason: unknown) => (reason instanceof ModemError ? reason.code : String(reason)),
  );
}
