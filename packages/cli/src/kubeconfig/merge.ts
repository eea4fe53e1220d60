import { TypedError } from '@matryoshka/system';
import { type Document, isMap, isSeq, parseDocument, type YAMLMap, YAMLSeq } from 'yaml';

/** One cluster's access, taken out of the kubeconfig that the service answered. */
export interface KubeconfigEntry {
  readonly context: string;
  readonly cluster: unknown;
  readonly user: unknown;
}

/** Reads the current context of a kubeconfig, to be stored under another name. Throws TypedError `bad_kubeconfig`. */
export function entryOf(kubeconfig: string, context: string): KubeconfigEntry {
  const document = readDocument(kubeconfig, 'the kubeconfig of the service');
  const name = document.get('current-context');
  const chosen = find(document, 'contexts', String(name));
  const cluster = find(document, 'clusters', String(chosen?.getIn(['context', 'cluster'])));
  const user = find(document, 'users', String(chosen?.getIn(['context', 'user'])));
  if (cluster === undefined || user === undefined) throw bad('the kubeconfig of the service', 'has no current context');
  return { context, cluster: cluster.toJS(document).cluster, user: user.toJS(document).user };
}

/**
 * Puts cluster, user and context into a kubeconfig and makes the context the current one. What is there under these names is
 * replaced in place; everything else, comments included, stays as it is. Throws TypedError `bad_kubeconfig` naming `where`.
 */
export function mergeKubeconfig(text: string, entry: KubeconfigEntry, where: string, makeCurrent = true): string {
  const document = text.trim() === '' ? parseDocument('apiVersion: v1\nkind: Config\n') : readDocument(text, where);
  const { context, cluster, user } = entry;
  put(document, 'clusters', { name: context, cluster }, where);
  put(document, 'users', { name: context, user }, where);
  const known = find(document, 'contexts', context);
  if (known === undefined)
    put(document, 'contexts', { name: context, context: { cluster: context, user: context } }, where);
  else {
    // The namespace a person chose for this context stays.
    known.setIn(['context', 'cluster'], context);
    known.setIn(['context', 'user'], context);
  }
  if (makeCurrent) document.set('current-context', context);
  return document.toString({ lineWidth: 0 });
}

/** Whether a kubeconfig has a context, cluster or user of this name. */
export function ownsContext(text: string, context: string, where: string): boolean {
  if (text.trim() === '') return false;
  return find(readDocument(text, where), 'contexts', context) !== undefined;
}

/** The current context a file names, if it names one. */
export function currentContext(text: string, where: string): string | undefined {
  if (text.trim() === '') return undefined;
  const name = readDocument(text, where).get('current-context');
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function bad(where: string, what: string): TypedError {
  return new TypedError(`${where} ${what}`, {
    code: 'bad_kubeconfig',
    actor: 'user',
    next: 'Correct the file, or choose another one with KUBECONFIG.',
  });
}

function readDocument(text: string, where: string): Document {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw bad(where, `is not valid YAML: ${error.message.split('\n')[0]}`);
  if (!isMap(document.contents)) throw bad(where, 'is not a kubeconfig');
  return document as Document;
}

function find(document: Document, list: string, name: string): YAMLMap | undefined {
  const items = document.get(list);
  if (!isSeq(items)) return undefined;
  return items.items.filter((item) => isMap(item)).find((item) => item.get('name') === name);
}

function put(
  document: Document,
  list: string,
  value: { readonly name: string; readonly [key: string]: unknown },
  where: string,
): void {
  const node = document.createNode(value);
  const items = document.get(list);
  if (items === undefined || items === null || (isSeq(items) && items.items.length === 0)) {
    const created = new YAMLSeq();
    created.items.push(node);
    document.set(list, created);
    return;
  }
  if (!isSeq(items)) throw bad(where, `has ${list} that are not a list`);
  const at = items.items.findIndex((item) => isMap(item) && item.get('name') === value.name);
  if (at < 0) items.items.push(node);
  else items.items[at] = node;
}
