/**
 * Prints `N passed, N failed, N skipped` alone on the last line: CI reads that line and not Vitest's own.
 *
 * @module
 */
const count = (modules, state) =>
  modules.reduce((sum, module) => sum + [...module.children.allTests(state)].length, 0);

export default class CountReporter {
  onTestRunEnd(modules, unhandledErrors) {
    // A file that fails to load holds no tests, and an unhandled error belongs to none: both are failures.
    const broken = modules.filter((module) => module.errors().length > 0).length;
    const failed = count(modules, "failed") + broken + unhandledErrors.length;
    const skipped = count(modules, "skipped");
    const tail = skipped > 0 ? `, ${skipped} skipped` : "";
    process.stdout.write(`\n${count(modules, "passed")} passed, ${failed} failed${tail}\n`);
  }
}
