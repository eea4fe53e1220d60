import { isRecord } from '../validation/kubernetes-syntax.ts';
import { collectViolations, type Violation } from '../validation/violations.ts';

/** Of one cluster. */
const mostLogExports = 3;

/** Rules for an export that the shape of its body does not know. Whether the address is an internal one shows only when it is looked up. */
export function validateLogExport(
  body: unknown,
  facts: { readonly count: number; readonly allowHttp: boolean },
): readonly Violation[] {
  return collectViolations((report) => {
    if (facts.count >= mostLogExports)
      report('', 'too_many_log_exports', `the cluster has ${facts.count} exports; remove one first`);
    if (!isRecord(body)) return;
    const { kind, url, authorization, accessKeyId, secretAccessKey, region } = body;
    if (typeof url === 'string' && !(facts.allowHttp ? /^https?:/ : /^https:/).test(url))
      report('/url', 'invalid_url', 'must begin with https://');
    else if (typeof url === 'string' && !/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?(\?[^\s#]*)?$/.test(url))
      report('/url', 'invalid_url', 'must be an address like https://example.com/logs, without user and fragment');
    if (kind === 's3') {
      if (typeof url === 'string' && !/^https?:\/\/[^/]+\/[^/?]+/.test(url))
        report('/url', 'invalid_url', 'must name the bucket: https://s3.example.com/bucket/prefix');
      for (const [member, value] of Object.entries({ accessKeyId, secretAccessKey }))
        if (value === undefined) report(`/${member}`, 'required', 'is needed for s3');
      if (authorization !== undefined) report('/authorization', 'not_allowed', 'is for http only');
    } else if (kind === 'http')
      for (const [member, value] of Object.entries({ accessKeyId, secretAccessKey, region }))
        if (value !== undefined) report(`/${member}`, 'not_allowed', 'is for s3 only');
    if (typeof authorization === 'string' && !/^[\x20-\x7e]+$/.test(authorization))
      report('/authorization', 'invalid_value', 'must be visible characters in one line');
  });
}
