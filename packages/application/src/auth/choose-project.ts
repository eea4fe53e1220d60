import { nearest } from '@matryoshka/domain';
import { KaasError } from '../errors.ts';

/** A project as people name it. */
export interface NamedProject {
  readonly id: string;
  readonly name: string;
}

/** The project meant by a name or an id; the only one when none was named. Throws `no_role` or `project_required`. */
export function chooseProject(projects: readonly NamedProject[], wanted: string | undefined): NamedProject {
  const [only] = projects;
  if (only === undefined)
    throw new KaasError('no_role', 'You have no role in any project.', {
      next: 'Ask the provider of this cloud for a role in a project.',
    });
  if (wanted === undefined) {
    if (projects.length === 1) return only;
    throw unknownProject(projects, wanted, `You have ${projects.length} projects`);
  }
  const byId = projects.find((project) => project.id === wanted);
  const byName = projects.filter((project) => project.name === wanted);
  const [named] = byName;
  if (byId !== undefined) return byId;
  if (named !== undefined && byName.length === 1) return named;
  const what = named === undefined ? `You have no project ${wanted}` : `Several of your projects are named ${wanted}`;
  throw unknownProject(projects, wanted, what);
}

/** What is answered to somebody who named none of their projects. */
export function unknownProject(projects: readonly NamedProject[], wanted: string | undefined, what: string): KaasError {
  const names = projects.map((project) => project.name);
  const suggestion = wanted === undefined || names.includes(wanted) ? undefined : nearest(wanted, names);
  return new KaasError('project_required', `${what}; yours are ${names.join(', ')}.`, {
    next: 'Log in again with the name or id of one project.',
    violations: [
      {
        pointer: '/project',
        code: wanted === undefined ? 'required' : 'unknown_project',
        message: `must be one of ${names.join(', ')}`,
        ...(suggestion === undefined ? {} : { suggestion }),
      },
    ],
  });
}
