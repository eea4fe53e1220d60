export { type ApiServer, type ApiServerOptions, type AroundCall, createApiServer, type Listen } from './api-server.ts';
export { type Authenticate, type Caller, canSee } from './caller.ts';
export {
  ApiError,
  badRequest,
  conflict,
  type ErrorBody,
  forbidden,
  htmlError,
  keystoneError,
  neutronError,
  notFound,
  novaError,
  octaviaError,
  placementError,
} from './errors.ts';
export {
  bodyObject,
  isObject,
  type JsonObject,
  optionalArray,
  optionalBoolean,
  optionalInteger,
  optionalString,
  requiredString,
  stringMap,
} from './input.ts';
export { type ListOptions, listPage, type Page, selectFields } from './paging.ts';
export {
  type ApiReply,
  type ApiRequest,
  accepted,
  created,
  type Handler,
  noContent,
  ok,
  type Route,
  route,
} from './request.ts';
