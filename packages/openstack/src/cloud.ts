import { type Cinder, cinder } from './cinder/cinder.ts';
import { type Glance, glance } from './glance/glance.ts';
import { type Keystone, keystone } from './keystone/keystone.ts';
import { type Neutron, neutron } from './neutron/neutron.ts';
import { type Nova, nova } from './nova/nova.ts';
import { type Octavia, octavia } from './octavia/octavia.ts';
import { createSession, type Session, type SessionOptions } from './transport/session.ts';

/** Every service of one cloud behind one login. */
export interface Cloud {
  readonly session: Session;
  readonly keystone: Keystone;
  readonly nova: Nova;
  readonly neutron: Neutron;
  readonly glance: Glance;
  readonly octavia: Octavia;
  readonly cinder: Cinder;
}

/** Connects the services to one session; no call is made before the first use. */
export function connectCloud(options: SessionOptions): Cloud {
  const session = createSession(options);
  return {
    session,
    keystone: keystone(session),
    nova: nova(session),
    neutron: neutron(session),
    glance: glance(session),
    octavia: octavia(session),
    cinder: cinder(session),
  };
}
