import { describe, expect, it } from 'vitest';
import { dueBackup } from './run.ts';

const now = new Date('2026-12-08T12:00:00Z');
const made = (type: 'full' | 'incr', daysAgo: number) => ({
  ...{ label: `${type}-${daysAgo}`, type, bytes: 1 },
  endedAt: new Date(now.getTime() - daysAgo * 86_400_000),
});
const due = (...backups: readonly ReturnType<typeof made>[]) => dueBackup({ major: '15', backups }, now);

describe('base backups of an archive', () => {
  it('are due once a day, and once a week a full one', () => {
    expect(due(made('full', 0.5))).toBeUndefined();
    expect(due(made('full', 1))).toBe('incr');
    expect(due(made('full', 3), made('incr', 0.9))).toBeUndefined();
    expect(due(made('full', 3), made('incr', 1.1))).toBe('incr');
    expect(due(made('full', 7), made('incr', 0.1))).toBe('full');
    expect(due(made('full', 14), made('full', 7.1), made('incr', 0.5)), 'the last full one counts').toBe('full');
  });
});
