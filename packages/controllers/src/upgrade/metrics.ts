/**
 * Which deprecated APIs were asked for since the API server began, and in which release they go
 * (`apiserver_requested_deprecated_apis`, k8s.io/apiserver/pkg/endpoints/metrics). One without such a release stays.
 */
export function deprecatedApis(metrics: string): readonly { readonly api: string; readonly removedInMinor: number }[] {
  const found = new Map<string, number>();
  for (const line of metrics.split('\n')) {
    const match = /^apiserver_requested_deprecated_apis\{(.*)\} ([\d.e+]+)$/.exec(line);
    if (match === null || Number(match[2]) === 0) continue;
    const labels = new Map(
      [...(match[1] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [name, value]),
    );
    const removed = /^1\.(\d+)$/.exec(labels.get('removed_release') ?? '');
    if (removed === null) continue;
    const [group = '', version = '', resource = ''] = ['group', 'version', 'resource'].map((name) => labels.get(name));
    found.set(`${group === '' ? '' : `${group}/`}${version} ${resource}`, Number(removed[1]));
  }
  return [...found]
    .map(([api, removedInMinor]) => ({ api, removedInMinor }))
    .toSorted((a, b) => (a.api < b.api ? -1 : 1));
}
