import { badRequest, type Handler, type Route, route } from '../http/index.ts';

/**
 * A route with and without the project in its path: both are Cinder's (without since 3.67). A path that names another project than the
 * token's is a 400. Source: cinder/api/openstack/wsgi.py, Resource.__call__.
 */
export function bothPaths(
  method: Route['method'],
  path: string,
  handler: Handler,
  auth?: Route['auth'],
): readonly Route[] {
  return [
    route(method, `/v3${path}`, handler, auth),
    route(
      method,
      `/v3/:pathProject${path}`,
      async (request) => {
        if (request.params.pathProject !== request.caller.projectId) throw badRequest('Malformed request url');
        return await handler(request);
      },
      auth,
    ),
  ];
}
