import { expect, it } from 'vitest';
import { deprecatedApis } from './metrics.ts';

it('tells the deprecated APIs that were asked for and go in a release, once', () => {
  const metrics = [
    '# HELP apiserver_requested_deprecated_apis [STABLE] Gauge of deprecated APIs that have been requested',
    '# TYPE apiserver_requested_deprecated_apis gauge',
    'apiserver_requested_deprecated_apis{group="",removed_release="",resource="componentstatuses",subresource="",version="v1"} 1',
    'apiserver_requested_deprecated_apis{group="flowcontrol.apiserver.k8s.io",removed_release="1.37",resource="flowschemas",subresource="",version="v1beta3"} 1',
    'apiserver_requested_deprecated_apis{group="flowcontrol.apiserver.k8s.io",removed_release="1.37",resource="flowschemas",subresource="status",version="v1beta3"} 1',
    'apiserver_requested_deprecated_apis{group="batch",removed_release="1.25",resource="cronjobs",subresource="",version="v1beta1"} 0',
    'apiserver_requested_deprecated_apis{group="",removed_release="1.40",resource="endpoints",subresource="",version="v1"} 1',
    'apiserver_request_total{group="apps",removed_release="1.36"} 1',
    'apiserver_requested_deprecated_apis{broken',
  ].join('\n');
  expect(deprecatedApis(metrics)).toEqual([
    { api: 'flowcontrol.apiserver.k8s.io/v1beta3 flowschemas', removedInMinor: 37 },
    { api: 'v1 endpoints', removedInMinor: 40 },
  ]);
  expect(deprecatedApis('')).toEqual([]);
});
