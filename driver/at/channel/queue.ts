import { type Command, Priority, type Response } from "../command";
import type { DataMode } from "../data-mode/data-mode";
import type { DataLinkEvents } from "../data-mode/link";

/** A command and the promise of its response. Settles once; the first outcome counts. */
export class Job {
  readonly promise: Promise<Response>;
  #settle: { resolve(response: Response): void; reject(reason: unknown): void } | undefined;

  /** Set when `CONNECT` has come. */
  link: DataMode | undefined;

  /** Whether its caller has left, whose promise has told something else. */
  isAbandoned = false;

  /** Whether it goes for the second time. */
  isRepeated = false;

  /** @param events of the data mode that the command opens */
  constructor(
    readonly command: Command,
    readonly events?: DataLinkEvents,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  resolve(response: Response): void {
    this.#settle?.resolve(response);
  }

  reject(reason: unknown): void {
    this.#settle?.reject(reason);
  }

  /** Its caller leaves. */
  abandon(reason: unknown): void {
    this.isAbandoned = true;
    this.reject(reason);
  }
}

/** Jobs that may pass a waiting background job, which on a line that is never idle would wait for ever. */
const MAX_PASSING_COUNT = 8;

/** Jobs that wait for the line: larger priority first, equal ones in order; the background gets its turn now and then. */
export class JobQueue {
  /** Jobs that went before the background since its last turn. */
  #passed = 0;
  readonly #lanes = new Map<Priority, Job[]>([
    [Priority.Urgent, []],
    [Priority.Normal, []],
    [Priority.Background, []],
  ]);

  get isEmpty(): boolean {
    return [...this.#lanes.values()].every((lane) => lane.length === 0);
  }

  /** Whether a job of the background (`isPatient`), or one of the others, is in it. */
  waits(isPatient: boolean): boolean {
    return [...this.#lanes].some(([lane, jobs]) => (lane === Priority.Background) === isPatient && jobs.length > 0);
  }

  add(job: Job): void {
    this.#lane(job).push(job);
  }

  /** Ahead of its equals. */
  putBack(job: Job): void {
    this.#lane(job).unshift(job);
  }

  take(): Job | undefined {
    const background = this.#lanes.get(Priority.Background) ?? [];
    const overdue = this.#passed >= MAX_PASSING_COUNT ? background.shift() : undefined;
    const job = overdue ?? this.#first();
    this.#passed = job?.command.priority === Priority.Background || background.length === 0 ? 0 : this.#passed + 1;
    return job;
  }

  #first(): Job | undefined {
    for (const lane of this.#lanes.values()) {
      const job = lane.shift();
      if (job !== undefined) return job;
    }
    return undefined;
  }

  /** False when the job is not, or no more, in the queue. */
  remove(job: Job): boolean {
    const lane = this.#lane(job);
    const index = lane.indexOf(job);
    if (index >= 0) lane.splice(index, 1);
    return index >= 0;
  }

  /** Empties the queue. */
  rejectAll(reason: unknown): void {
    for (let job = this.take(); job !== undefined; job = this.take()) job.reject(reason);
  }

  #lane(job: Job): Job[] {
    const priority = job.command.priority ?? Priority.Normal;
    const lane = this.#lanes.get(priority);
    if (lane === undefined) throw new RangeError(`No such priority: ${priority}`);
    return lane;
  }
}
