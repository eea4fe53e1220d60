import { actors, type ProblemCode, problemCodes, problems, problemsUrl } from './problem.ts';

const actorNames: Readonly<Record<(typeof actors)[number], string>> = {
  user: 'you, the caller',
  provider: 'the provider of this cloud',
  us: 'the makers of Matryoshka',
};

/** docs/problems.md, in Markdown: every code with status, meaning and who must act. Each code is a heading, so that it is an anchor. */
export function problemPage(): string {
  return `# Problems

<!-- Generated from packages/contract/src/problem.ts. To write it anew: npx vitest run --project unit packages/contract --update -->

Every error of the API is a problem document (RFC 9457, \`application/problem+json\`). Its \`code\` is stable, and so is its \`type\`:
\`${problemsUrl}#<code>\`, which leads to the section of the code on this page. Programs compare \`code\` or \`type\`, never
\`title\` or \`detail\`, which are for people and may change.

| member | what it says |
| --- | --- |
| \`code\`, \`type\` | which problem it is |
| \`status\`, \`title\` | the HTTP status and the problem in a few words |
| \`detail\` | what happened this time |
| \`actor\` | who must act: ${actors.map((actor) => `\`${actor}\` = ${actorNames[actor]}`).join(', ')} |
| \`next\` | the next step for the actor |
| \`violations\` | every wrong value: \`pointer\` (RFC 6901, or \`?name\` for a query parameter), \`code\`, \`message\`, sometimes \`suggestion\` |
| \`requestId\` | the same as the header \`x-request-id\`; it finds the request in the logs |

| status | code | who must act |
| --- | --- | --- |
${problemCodes.map(row).join('\n')}

${problemCodes.map(section).join('\n')}`;
}

function row(code: ProblemCode): string {
  const { status, actor } = problems[code];
  return `| ${status} | [\`${code}\`](#${code}) | ${actorNames[actor]} |`;
}

function section(code: ProblemCode): string {
  const { status, title, actor, meaning } = problems[code];
  return `## ${code}

**${status}** · ${title}.

${meaning}

Who must act: ${actorNames[actor]}.
`;
}
