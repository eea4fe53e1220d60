import { describe, expect, it } from 'vitest';
import { faultMessage } from './errors.ts';

describe('faultMessage', () => {
  it.each([
    [
      'keystone',
      '{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}',
      'The request you have made requires authentication.',
    ],
    ['nova', '{"forbidden":{"code":403,"message":"Quota exceeded for cores"}}', 'Quota exceeded for cores'],
    [
      'neutron',
      '{"NeutronError":{"type":"IpAddressGenerationFailure","message":"No more IP addresses","detail":""}}',
      'No more IP addresses',
    ],
    [
      'octavia',
      '{"faultcode":"Client","faultstring":"Load balancer is immutable","debuginfo":null}',
      'Load balancer is immutable',
    ],
    [
      'glance',
      '<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1>No image found<br /></body></html>',
      '404 Not Found No image found',
    ],
    ['nothing', '', ''],
  ])('%s', (_service, body, message) => {
    expect(faultMessage(body)).toBe(message);
  });
});
