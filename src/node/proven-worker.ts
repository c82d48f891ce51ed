/**
 * The thread that checks steps of chains of proofs (spec/09-http.md §5.4); it yields to everything else
 * on the machine.
 *
 * @module
 */

import { platform, setPriority } from "node:os";
import { type ProvenStep, StepChecker } from "../client/proven-step.ts";
import { serveJobs } from "./worker-jobs.ts";

/** Only Linux has priorities of threads: elsewhere this would be that of the whole unit. */
if (platform() === "linux") setPriority(10);

const checker = new StepChecker();

serveJobs<ProvenStep, string | null>((step) => checker.check(step));
