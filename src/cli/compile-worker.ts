/**
 * Compiles in a thread of its own, so that a compiler that does not come to an end can be ended.
 *
 * @module
 */

import { type CompileOptions, type CompileResult, compileProcess } from "../kit/compile.ts";
import { serveJobs } from "../node/worker-jobs.ts";

/** What can be posted to a thread: sources come from the folder on disk. */
export type CompileJob = Omit<CompileOptions, "readSource">;

serveJobs<CompileJob, CompileResult>((job) => compileProcess(job));
