import { taintEffects } from '../cluster/model.ts';
import { nearest, pointerPart, type Report } from './violations.ts';

const dns1123Label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const dns1123Subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedPart = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** A name as in RFC 1123 that starts with a letter (it becomes part of DNS names and Kubernetes object names). */
export function checkName(report: Report, pointer: string, name: string, maxLength: number): void {
  if (name.length > maxLength) report(pointer, 'name_too_long', `must have at most ${maxLength} characters`);
  else if (!dns1123Label.test(name) || !/^[a-z]/.test(name))
    report(
      pointer,
      'invalid_name',
      'must be lower-case letters, digits and dashes, start with a letter and end with a letter or digit',
      suggestName(name, maxLength),
    );
}

function suggestName(name: string, maxLength: number): string | undefined {
  const candidate = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, maxLength)
    .replace(/-+$/, '');
  return candidate === '' ? undefined : candidate;
}

// kubelet may set only these itself, so only these of the reserved names can be given to a pool
// (k8s.io/kubernetes pkg/apis/core/v1/well_known_labels: NodeRestriction admission).
const allowedReserved =
  /^(node-role\.kubernetes\.io\/worker|([^/]*\.)?node\.kubernetes\.io\/[^/]+|([^/]*\.)?kubelet\.kubernetes\.io\/[^/]+)$/;
const systemLabels = new Set([
  'node.kubernetes.io/instance-type',
  'node.kubernetes.io/exclude-from-external-load-balancers',
]);
const reservedPrefix = /(^|\.)(kubernetes\.io|k8s\.io|x-k8s\.io|matryoshka\.dev)$/;

/** A key: optional DNS prefix of at most 253 characters, a slash, a name of at most 63 (apimachinery `IsQualifiedName`). */
function checkKey(report: Report, pointer: string, key: string): void {
  const slash = key.lastIndexOf('/');
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  const prefixBad = prefix !== undefined && (prefix.length > 253 || !dns1123Subdomain.test(prefix));
  if (prefixBad || name.length > 63 || !qualifiedPart.test(name))
    report(pointer, 'invalid_key', `${quote(key)} is no valid key: [prefix/]name, the name with at most 63 characters`);
  else if (prefix !== undefined && reservedPrefix.test(prefix) && (systemLabels.has(key) || !allowedReserved.test(key)))
    report(pointer, 'reserved_key', `${quote(key)}: names below ${prefix} belong to the system`);
}

function checkValue(report: Report, pointer: string, value: string): void {
  if (value !== '' && (value.length > 63 || !qualifiedPart.test(value)))
    report(pointer, 'invalid_value', 'must be at most 63 letters, digits, dashes, dots and underscores');
}

export function checkLabels(report: Report, pointer: string, labels: unknown): void {
  if (!isRecord(labels)) return;
  for (const [key, value] of Object.entries(labels)) {
    const at = `${pointer}/${pointerPart(key)}`;
    checkKey(report, at, key);
    if (typeof value === 'string') checkValue(report, at, value);
  }
}

export function checkTaints(report: Report, pointer: string, taints: unknown): void {
  if (!Array.isArray(taints)) return;
  const seen = new Set<string>();
  for (const [index, taint] of taints.entries()) {
    if (!isRecord(taint)) continue;
    const at = `${pointer}/${index}`;
    if (typeof taint.key === 'string') checkKey(report, `${at}/key`, taint.key);
    if (typeof taint.value === 'string') checkValue(report, `${at}/value`, taint.value);
    if (typeof taint.effect === 'string') checkEffect(report, `${at}/effect`, taint.effect);
    const identity = JSON.stringify([taint.key, taint.effect]);
    if (seen.has(identity)) report(at, 'duplicate_taint', 'a taint of this key and effect is already in the list');
    seen.add(identity);
  }
}

function checkEffect(report: Report, pointer: string, effect: string): void {
  const effects: readonly string[] = taintEffects;
  if (!effects.includes(effect))
    report(pointer, 'unknown_effect', `must be one of ${effects.join(', ')}`, nearest(effect, effects));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Shortened and quoted for messages: what a caller sends may be long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text);
}
