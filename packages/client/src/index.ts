export { type Answer, type Client, type ClientOptions, createClient, type InputOf, operationUrl } from './client.ts';
export { ProblemError, ServiceUnreachableError } from './errors.ts';
export { type FollowOptions, followEvents, streamEvents } from './events.ts';
