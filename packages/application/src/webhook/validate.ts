import { collectViolations, type Violation } from '@matryoshka/domain';

/** Of one project. */
export const mostWebhooks = 20;

/** Rules for a webhook that the shape of its body does not know. Whether the address is an internal one shows only when it is looked up. */
export function validateWebhook(
  body: unknown,
  facts: { readonly count?: number; readonly allowHttp: boolean },
): readonly Violation[] {
  return collectViolations((report) => {
    if ((facts.count ?? 0) >= mostWebhooks)
      report('', 'too_many_webhooks', `the project has ${facts.count} webhooks; remove some first`);
    if (typeof body !== 'object' || body === null) return;
    const { url } = body as Readonly<Record<string, unknown>>;
    if (typeof url !== 'string') return;
    const parsed = URL.parse(url);
    if (parsed === null) report('/url', 'invalid_url', 'must be an address like https://example.com/hooks');
    else if (parsed.protocol !== 'https:' && !(facts.allowHttp && parsed.protocol === 'http:'))
      report('/url', 'invalid_url', 'must begin with https://');
    else if (parsed.username !== '' || parsed.password !== '')
      report('/url', 'invalid_url', 'must hold no user and password; the signature proves who sends');
  });
}
