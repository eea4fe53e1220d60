import { describe, expect, it } from 'vitest';
import { newWebhookSecret, signatureHeaders } from './sign.ts';

describe('the signature of a webhook', () => {
  // The example that the libraries of Standard Webhooks are tested with.
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' };
  const now = new Date(1_614_265_330_500);

  it('is what Standard Webhooks says', () => {
    expect(signatureHeaders([secret], message, now)).toEqual({
      'webhook-id': message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is there once for each secret while they change', () => {
    const other = newWebhookSecret();
    expect(other).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const [first, second, ...more] =
      signatureHeaders([other, secret], message, now)['webhook-signature']?.split(' ') ?? [];
    expect(second).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
    expect(first).not.toBe(second);
    expect(more).toEqual([]);
  });
});
