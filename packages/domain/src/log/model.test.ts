import { describe, expect, it } from 'vitest';
import { answerOf, type LogLine, type LogQuestion } from './model.ts';

const audit = '{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"delete"}';
const line = (second: number, text: string, pod = 'a'): LogLine => ({
  at: `2026-11-27T12:00:${String(second).padStart(2, '0')}.000000001Z`,
  pod,
  text,
});
const said = [line(3, 'three'), line(1, 'one', 'b'), line(2, audit), line(4, `W x ${audit}`), line(5, 'five', 'b')];
const question: LogQuestion = { component: 'kube-apiserver', tail: 10, since: null, until: null };
const texts = (change: Partial<LogQuestion>) =>
  answerOf({ ...question, ...change }, said).lines.map(({ text }) => text);
const at = (second: number): string => `2026-11-27T12:00:0${second}Z`;

describe('the answer about a log', () => {
  it('has what all replicas said in its order, audit events apart from the log', () => {
    expect(texts({})).toEqual(['one', 'three', `W x ${audit}`, 'five']);
    expect(texts({ component: 'audit' })).toEqual([audit]);
    expect(texts({ component: 'kube-scheduler' })).toEqual(['one', audit, 'three', `W x ${audit}`, 'five']);
  });

  it('keeps to the range, and has the end of it', () => {
    expect(texts({ since: at(2), until: at(5) })).toEqual(['three', `W x ${audit}`]);
    expect(texts({ tail: 1 })).toEqual(['five']);
    expect(texts({ tail: 1, until: at(4) })).toEqual(['three']);
    expect(answerOf({ ...question, tail: 1 }, said).truncated).toBe(true);
    expect(answerOf({ ...question, tail: 4 }, said).truncated).toBe(false);
  });
});
