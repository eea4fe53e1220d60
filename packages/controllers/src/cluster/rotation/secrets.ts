import { type RotationStage, rotationStages } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { at, textAt } from '../read.ts';
import { newAuthority, newSigningKey } from './keys.ts';
import type { RotationKeys, SecretData } from './stages.ts';

/** On the Secret with the keys of a rotation: the stage that the control plane is being brought to. */
export const stageAnnotation = 'matryoshka.dev/rotation-stage';

/** Data of a Secret in clear text. */
export function dataOf(secret: KubeObject | undefined): SecretData {
  const data = at(secret, 'data');
  if (typeof data !== 'object' || data === null) return {};
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(String(value), 'base64').toString('utf8')]),
  );
}

export const encoded = (data: SecretData): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));

/** True when a Secret says all of this. */
export function says(secret: KubeObject | undefined, data: SecretData): boolean {
  const has = dataOf(secret);
  return Object.entries(data).every(([key, value]) => has[key] === value);
}

/** The stage that a Secret with keys names; undefined when there is none. */
export function stageOf(secret: KubeObject | undefined): RotationStage | undefined {
  const named = textAt(secret, 'metadata', 'annotations', stageAnnotation);
  return rotationStages.find((stage) => stage === named);
}

/** New keys beside those that the control plane has. Undefined while it lacks one. */
export async function newKeysBeside(
  secrets: { readonly authority: SecretData; readonly frontProxy: SecretData; readonly serviceAccounts: SecretData },
  now: Date,
): Promise<RotationKeys | undefined> {
  const pair = (data: SecretData, publicKey: string, privateKey: string) => {
    const [found, key] = [data[publicKey], data[privateKey]];
    return found === undefined || key === undefined ? undefined : { public: found, private: key };
  };
  const authority = pair(secrets.authority, 'ca.crt', 'ca.key');
  const frontProxy = pair(secrets.frontProxy, 'front-proxy-ca.crt', 'front-proxy-ca.key');
  const serviceAccounts = pair(secrets.serviceAccounts, 'sa.pub', 'sa.key');
  if (authority === undefined || frontProxy === undefined || serviceAccounts === undefined) return undefined;
  return {
    authority: { old: authority, new: await newAuthority('kubernetes', now) },
    frontProxy: { old: frontProxy, new: await newAuthority('front-proxy-ca', now) },
    serviceAccounts: { old: serviceAccounts, new: await newSigningKey() },
  };
}

/** The keys as the Secret of a rotation holds them, and back. */
export const storedKeys = (keys: RotationKeys): SecretData => ({ 'keys.json': JSON.stringify(keys) });

export function readKeys(secret: KubeObject | undefined): RotationKeys | undefined {
  const text = dataOf(secret)['keys.json'];
  return text === undefined ? undefined : (JSON.parse(text) as RotationKeys);
}
