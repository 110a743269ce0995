import { availableParallelism } from 'node:os';
import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

const shared = {
  // `source` makes workspace packages resolve to their TypeScript, so tests need no build.
  resolve: { conditions: ['source'] },
  // Only what is not there by itself: these reach Node too, where `import` would make every require() resolve to ESM.
  ssr: { resolve: { conditions: ['source', 'node'] } },
  // The same for what runs in Vitest's own process, such as a global setup.
  environments: { __vitest__: { resolve: { conditions: ['source', 'node', 'import', 'module', 'default'] } } },
  // Legacy decorators with metadata, which Nest reads: SWC emits them, the default transformer cannot.
  plugins: [
    swc.vite({
      module: { type: 'es6' },
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
    }),
  ],
};
// Shared servers start when the first spec asks for one; a spec file that leaves something running fails.
const onRealServers = {
  globalSetup: 'libs/shared/testing/src/global-setup.ts',
  setupFiles: 'libs/shared/testing/src/leak-check.ts',
};
// Also on two cores, where Vitest would take one at a time: what runs on real servers waits more than it works.
const maxWorkers = Math.max(2, availableParallelism() - 1);
const exclude = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  test: {
    reporters: ['default', './libs/shared/testing/src/reporter.ts'],
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['**/*.spec.ts'],
          exclude: [...exclude, '**/*.int.spec.ts', '**/*.e2e.spec.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        ...shared,
        test: {
          name: 'int',
          ...onRealServers,
          include: ['**/*.int.spec.ts'],
          exclude,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          ...onRealServers,
          include: ['**/*.e2e.spec.ts'],
          exclude,
          testTimeout: 300_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
