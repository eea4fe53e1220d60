import { imagesToBuild } from '@matryoshka/components';
import { errorMessage } from '@matryoshka/system';
import { request } from 'undici';
import type { PlatformConfig } from '../config.ts';
import type { Finding } from './finding.ts';

const accept = 'application/vnd.oci.image.manifest.v1+json';

/** Images that nodes will ask the registry for and that it does not have (OCI distribution specification, "Pulling manifests"). */
export async function images(config: PlatformConfig): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { ref, repository, tag } of imagesToBuild(config.images, config.kubernetesVersion)) {
    const url = `http://${config.network.address}:${config.ports.registry}/v2/${repository}/manifests/${tag}`;
    try {
      const response = await request(url, { method: 'HEAD', headers: { accept }, headersTimeout: 5_000 });
      await response.body.dump();
      if (response.statusCode === 200) continue;
      findings.push({
        area: 'image',
        subject: ref,
        message: `The registry does not have ${ref} (it answered ${response.statusCode})`,
        remedy: 'Run: kaas up, which puts it there.',
      });
    } catch (error) {
      return [
        {
          area: 'image',
          subject: 'registry',
          message: `The image registry does not answer: ${errorMessage(error)}`,
          remedy: 'Run: kaas up',
        },
      ];
    }
  }
  return findings;
}
