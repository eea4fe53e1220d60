import type { PlainHandlers } from '../http/incoming.ts';

export const projectHandlers: Pick<PlainHandlers, 'project.list'> = {
  /** The projects Keystone named at the login: asking again would need a token of the user, which is not kept. */
  'project.list': async (_context, { caller }) => ({
    data: { items: caller.projects.map(({ id, name }) => ({ id, name })) },
  }),
};
