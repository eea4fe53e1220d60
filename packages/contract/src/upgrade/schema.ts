import { type Static, Type } from 'typebox';
import { Estimate, orNull } from '../common.ts';
import { actors } from '../problem.ts';

export const findingCodes = [
  'version_refused',
  'cluster_not_ready',
  'could_not_look',
  'api_removed',
  'api_deprecated',
  'webhook_dead',
  'budget_full',
  'node_not_ready',
  'bare_pods',
  'quota_for_surge',
] as const;

export const UpgradeFinding = Type.Object(
  {
    code: Type.Enum([...findingCodes]),
    severity: Type.Enum(['blocks', 'warns'], {
      description: 'blocks: the upgrade would fail or break something; warns: worth knowing before',
    }),
    subject: Type.String({ description: 'What it is about', examples: ['shop/web'] }),
    message: Type.String(),
    actor: Type.Enum([...actors]),
    next: Type.String({ description: 'The next step' }),
  },
  { $id: 'UpgradeFinding', additionalProperties: false },
);
export type UpgradeFinding = Static<typeof UpgradeFinding>;

export const UpgradePlan = Type.Object(
  {
    clusterId: Type.String(),
    from: Type.String({ description: 'What is wanted of the control plane now' }),
    to: Type.Union([Type.String(), Type.Null()], { description: 'null: there is nothing newer to go to' }),
    versions: Type.Array(Type.String(), {
      description: 'To which the control plane can go from here, newest first; at most one minor up',
    }),
    ready: Type.Boolean({ description: 'Nothing blocks' }),
    steps: Type.Array(
      Type.Object(
        {
          kind: Type.Enum(['control-plane', 'pool']),
          name: Type.String(),
          from: Type.String(),
          to: Type.String(),
          workers: Type.Integer({ description: 'That are replaced' }),
        },
        { additionalProperties: false },
      ),
      { description: 'In this order. Pools that are not upgraded keep working, up to three minors behind' },
    ),
    estimate: orNull(Estimate, 'Of the control plane; null: too few are known'),
    findings: Type.Array(UpgradeFinding, { description: 'What blocks first' }),
  },
  {
    $id: 'UpgradePlan',
    additionalProperties: false,
    description: 'What an upgrade would do, and what stands in its way',
  },
);
export type UpgradePlan = Static<typeof UpgradePlan>;
