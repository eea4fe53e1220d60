import { type CauseCode, causeCodes, causes } from './causes.ts';

const actorNames = {
  user: 'you, the customer',
  provider: 'the provider of this cloud',
  us: 'the makers of Matryoshka',
} as const;

/** docs/causes.md, in Markdown: every code with its meaning, who must act and the next step. Each code is a heading, so that it is an anchor. */
export function causePage(): string {
  return `# Causes

<!-- Generated from packages/domain/src/cause/causes.ts. To write it anew: npx vitest run --project unit packages/domain --update -->

When a cluster is not ready, the first condition that is not \`True\` names the cause: \`reason\` is one of the codes below, \`message\` says in one sentence
what is wrong, what was seen and what the next step is, and \`actor\` who can take it. \`Ready\` repeats the one that holds everything up. \`NodesHealthy\`,
\`RemediationAllowed\`, \`CertificatesValid\`, \`LoadBalancersReady\` and \`VolumesReady\` tell what is wrong although the cluster is as it was asked for. Programs compare
\`reason\`; the words may change.

| code | who must act |
| --- | --- |
${causeCodes.map((code) => `| [\`${code}\`](#${code.toLowerCase()}) | ${actorNames[causes[code].actor]} |`).join('\n')}

${causeCodes.map(section).join('\n')}`;
}

function section(code: CauseCode): string {
  const { actor, what, next, meaning } = causes[code];
  return `## ${code}

${capital(what)}. ${meaning}

Who must act: ${actorNames[actor]}. Next step: ${next}.
`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
