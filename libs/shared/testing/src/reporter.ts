import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Adds one last line, `N passed, N failed`, for people and scripts who read nothing else. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    let passed = 0;
    let failed = errors.length;
    for (const module of modules) {
      // A file that does not load, or whose hooks fail, has no failed test and still failed.
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed++;
        if (state === 'failed') failed++;
      }
    }
    // The other reporter prints its summary in this same event.
    setImmediate(() => process.stdout.write(`${passed} passed, ${failed} failed\n`));
  }
}
