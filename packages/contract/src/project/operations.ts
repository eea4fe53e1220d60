import { Type } from 'typebox';
import { page } from '../common.ts';
import { defineOperation } from '../operation-definition.ts';
import { Project } from './schema.ts';

export const projectOperations = {
  'project.list': defineOperation({
    method: 'GET',
    path: '/v1/projects',
    summary: 'Projects you may log in to',
    tag: 'project',
    access: 'authenticated',
    query: Type.Object({}, { additionalProperties: false }),
    success: { status: 200, schema: page(Project) },
    errors: [],
    cli: { command: 'project list', summary: 'List your projects' },
  }),
};
