import { defineConfig } from 'vitest/config';

// Three tiers by file name: unit (pure, seconds), medium (real PostgreSQL, kube-apiserver, pocket cloud), e2e (the whole chain).
const files = (suffix: string): string[] => [
  `packages/*/src/**/*.${suffix}.ts`,
  `apps/*/src/**/*.${suffix}.ts`,
  `tools/*/src/**/*.${suffix}.ts`,
  `test/**/*.${suffix}.ts`,
];

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: files('test'), exclude: ['**/node_modules/**'], testTimeout: 10_000 } },
      {
        test: {
          name: 'medium',
          include: files('medium'),
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: files('e2e'),
          testTimeout: 900_000,
          hookTimeout: 1_800_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
