import type { Difference } from './compare.ts';

interface Pattern {
  readonly step?: RegExp;
  readonly what?: RegExp;
  readonly real?: RegExp;
  readonly pocket?: RegExp;
}

export interface KnownDifference {
  /** Why it is so, as a heading. */
  readonly reason: string;
  readonly matches: readonly Pattern[];
}

const absent = /^—$/;

const speed = 'Nova’s fake driver in the recording, or the speed of either cloud';
/** Reasons for differences that are not the same in every run. */
export const passing: ReadonlySet<string> = new Set([speed]);

/** The first that fits counts. */
export const knownDifferences: readonly KnownDifference[] = [
  {
    reason: speed,
    matches: [
      { what: /^(last )?states?$/, step: /compute: |volumev3: / },
      { what: /power_state$|progress$|port_state$|launched_at$|device$|output$|task_state$|vm_state$|\.status$/ },
      { what: /operating_status$/ },
      { step: /compute: list one flavor$/ },
      { what: /revision_number$|updated_at$|standard_attr_id$/ },
    ],
  },
  {
    reason: 'Faults of the real one, which nobody relies on',
    matches: [
      {
        step: /create pool of an absent listener|attach interface of an absent network/,
        what: /^status$/,
        real: /^500$/,
      },
      // Taken for granted at first; the server then carries a fault, and its deletion shows it for a moment.
      { step: /compute: (detach absent interface|deleted server|delete absent server)$/ },
      { what: /\.faultstring$|^faultstring$/, real: /NoneType/ },
    ],
  },
  {
    reason:
      'How the recorded cloud was set up (provider of load balancers, volume types, MTU, extensions, policies, two availability zones)',
    matches: [
      { what: /provider$/, real: /nshaproxy/ },
      { what: /volume_type$|quota_set\.\w+_(nfs|__DEFAULT__)$|stores$/ },
      { what: /mtu$|availability_zones?(\[\])?(\.|$)|availability_zone_hints/ },
      { step: /network: update port$/, what: /^status$/, real: /^400$/ },
      {
        step: /network: update port|create ports? |port with|show port/,
        what: /description$|revision_number$|ip_address$|dns_/,
      },
      {
        step: /list (networks|quotas|services|versions|endpoints|hypervisors|extensions|types|one volume|availability zones|agents)/,
      },
      { step: /(show|list|default) .*(type|quotas|limits|extension)|quotas|limits/ },
      { what: /catalog\[\]|hostId$|OS-EXT-SRV-ATTR|service_uuid$|host$|hypervisor|cluster_name$|migration_status$/ },
    ],
  },
  {
    reason: 'Words of a refusal (its status and its dialect are the same)',
    matches: [
      { what: /(^|\.)(message|faultstring|detail|debuginfo|faultcode|title|code|type)$/ },
      { what: /^body$/, real: /html|404|^"/ },
      { what: /^header content-type$/, real: /text\/html|—/ },
      { what: /^error\./ },
    ],
  },
  {
    reason: 'Headers beside the answer',
    matches: [{ what: /^header / }],
  },
  {
    reason:
      'Attributes that pocket cloud shows in addition (newer releases, other extensions, or for administrators only)',
    matches: [{ real: absent }],
  },
  {
    reason: 'Attributes that pocket cloud lacks',
    matches: [{ pocket: absent }],
  },
  {
    reason: 'Other values',
    matches: [{ what: /^(?!status$).+/ }],
  },
];

/** Why a difference is all right; undefined when it is not known. */
export function reasonOf(difference: Difference): string | undefined {
  return knownDifferences.find(({ matches }) => matches.some((pattern) => fits(pattern, difference)))?.reason;
}

function fits(pattern: Pattern, difference: Difference): boolean {
  const { step, what, real, pocket } = pattern;
  return (
    (step?.test(difference.step) ?? true) &&
    (what?.test(difference.what) ?? true) &&
    (real?.test(difference.real) ?? true) &&
    (pocket?.test(difference.pocket) ?? true)
  );
}
