import { sleep } from '@matryoshka/system';
import { ApiError, type ApiReply, type AroundCall } from '../http/index.ts';
import type { Faults } from './registry.ts';

/** Lets injected faults come between a service's clients and its work. */
export function aroundCalls(
  faults: Faults,
  service: string,
): (call: AroundCall, proceed: () => Promise<ApiReply>) => Promise<ApiReply> {
  return async (call, proceed) => {
    const about = (fault: { readonly service: string; readonly method?: string; readonly path: string }): boolean =>
      fault.service === service &&
      new RegExp(`^(${fault.method ?? '.*'})$`).test(call.method) &&
      new RegExp(fault.path).test(call.path);
    const delay = faults.meet('delay', about);
    if (delay !== undefined) await sleep(delay.ms);
    const answer = faults.meet('answer', about);
    if (answer === undefined) return await proceed();
    if (answer.afterEffect === true) await proceed();
    const headers = answer.headers === undefined ? {} : { headers: answer.headers };
    throw new ApiError(answer.status, answer.message ?? 'A test wants it so.', headers);
  };
}
