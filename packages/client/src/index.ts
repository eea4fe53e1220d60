export { type Answer, type Client, type ClientOptions, createClient, type InputOf, operationUrl } from './client.ts';
export { ProblemError, ServiceUnreachableError } from './errors.ts';
export { streamEvents } from './events.ts';
