import { type CauseCode, type Failure, failureOf } from './causes.ts';

/**
 * What OpenStack's words for a refusal mean, the more telling ones first. Sources: nova/exception.py (TooManyInstances names the resource in its
 * words), neutron_lib/exceptions (OverQuota, IpAddressGenerationFailure), octavia/common/exceptions.py (QuotaException), cinder/exception.py
 * (VolumeLimitExceeded, VolumeSizeExceedsAvailableQuota), keystone's answers to a login. They come wrapped in the words of the Go programs.
 */
const rules: readonly (readonly [RegExp, CauseCode])[] = [
  [/no more IP addresses|IpAddressGenerationFailure|ExternalIpAddressExhausted/i, 'AddressesExhausted'],
  [
    /VolumeLimitExceeded|VolumeSizeExceeds|exceeds? (?:the )?allowed (?:gigabytes|volumes)|maximum number of volumes/i,
    'VolumeQuotaExceeded',
  ],
  [/quota[^.]*\b(?:volumes?|gigabytes|snapshots?)\b/i, 'VolumeQuotaExceeded'],
  [
    /quota (?:has been )?(?:met|exceeded|reached)[^.]*\b(?:load ?balancer|listener|pool|member|health ?monitor)/i,
    'LoadBalancerQuotaExceeded',
  ],
  [/quota[^.]*\bfloating_?ips?\b/i, 'FloatingIpQuotaExceeded'],
  [/quota[^.]*\bsecurity_?group(?:_?rule)?s?\b/i, 'SecurityGroupQuotaExceeded'],
  [/quota[^.]*\[?'?"?\b(?:networks?|subnets?|routers?)\b/i, 'NetworkQuotaExceeded'],
  [/quota[^.]*\bports?\b/i, 'PortQuotaExceeded'],
  [/quota exceeded for [^:]*\binstances\b/i, 'ServerQuotaExceeded'],
  [/quota exceeded for [^:]*\bcores\b/i, 'CoreQuotaExceeded'],
  [/quota exceeded for [^:]*\bram\b/i, 'MemoryQuotaExceeded'],
  [/quota[^.]*\bserver_?group/i, 'ServerQuotaExceeded'],
  [/\bquota\b[^.]*exceeded|exceeded[^.]*\bquota\b|OverLimit/i, 'QuotaExceeded'],
  [/No valid host|NoValidHost/i, 'NoCapacity'],
  [
    /\bimage\b.{0,120}(?:not found|not be found|is not active)|\bno images? were found|could not find.{0,40}\bimage\b/i,
    'ImageMissing',
  ],
  [/\bflavor\b.{0,120}(?:not found|not be found)|(?:could not|unable to) find.{0,40}\bflavor\b/i, 'FlavorMissing'],
  [
    /could not find application credential|application credential.{0,80}(?:invalid|revoked|expired|not found)|requires authentication|authentication failed|\bgot 401\b|\bunauthorized\b/i,
    'CredentialRevoked',
  ],
  [
    /\b(?:got|status|HTTP(?:\/\d\.\d)?) 50[0234]\b|service unavailable|internal server error|bad gateway|gateway time-?out|connection refused|no route to host|i\/o timeout|context deadline exceeded/i,
    'CloudNotAnswering',
  ],
];

/** The cause that words of OpenStack stand for; `otherwise` when they name none that is known. */
export function causeOfWords(words: string, otherwise: CauseCode): Failure {
  const found = rules.find(([pattern]) => pattern.test(words));
  return failureOf(found?.[1] ?? otherwise, words);
}
