import { newId } from '../store/index.ts';

/** What an injected fault is about and what it does. Text fields are regular expressions that must match somewhere. */
export type Fault =
  /** An API answers so instead of doing its work; with `afterEffect` it does the work first and then answers so. */
  | {
      readonly kind: 'answer';
      readonly service: string;
      readonly method?: string;
      readonly path: string;
      readonly status: number;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly afterEffect?: boolean;
    }
  /** An API takes its time. */
  | {
      readonly kind: 'delay';
      readonly service: string;
      readonly method?: string;
      readonly path: string;
      readonly ms: number;
    }
  /** A server of that name goes to ERROR with this fault, e.g. "No valid host was found." */
  | { readonly kind: 'server-error'; readonly name: string; readonly message: string }
  /** A server of that name boots but never gets its metadata, so that it does nothing of its user data. */
  | { readonly kind: 'server-silent'; readonly name: string }
  /** A load balancer of that name stays as it is (PENDING), or goes to ERROR. */
  | { readonly kind: 'load-balancer'; readonly name: string; readonly outcome: 'stuck' | 'error' }
  /** A network of that name has no DHCP from the next change of any network on. */
  | { readonly kind: 'dhcp-lost'; readonly name: string }
  /** Disks of a server of that name are not let go of. */
  | { readonly kind: 'detach-hangs'; readonly name: string };

export type FaultKind = Fault['kind'];
type Of<K extends FaultKind> = Extract<Fault, { readonly kind: K }>;

/** A fault as it is in force: for the next `times` occasions, or until it is removed. */
export type InjectedFault = Fault & { readonly id: string; readonly times: number | null };

/** Faults that tests have injected; none in a cloud that nobody tests. */
export interface Faults {
  add(fault: Fault, times: number | null): InjectedFault;
  remove(id: string): boolean;
  clear(): void;
  list(): readonly InjectedFault[];
  /** The fault of this kind for which `matches` holds. Counts as one occasion. */
  meet<K extends FaultKind>(kind: K, matches: (fault: Of<K>) => boolean): Of<K> | undefined;
}

export function createFaults(): Faults {
  let faults: readonly InjectedFault[] = [];
  return {
    add: (fault, times) => {
      const injected = { ...fault, id: newId(), times };
      faults = [...faults, injected];
      return injected;
    },
    remove: (id) => {
      const before = faults.length;
      faults = faults.filter((fault) => fault.id !== id);
      return faults.length < before;
    },
    clear: () => {
      faults = [];
    },
    list: () => faults,
    meet: <K extends FaultKind>(kind: K, matches: (fault: Of<K>) => boolean) => {
      const found = faults.find((fault) => fault.kind === kind && matches(fault as unknown as Of<K>));
      if (found === undefined) return undefined;
      if (found.times !== null)
        faults = faults.flatMap((fault) => {
          if (fault.id !== found.id) return [fault];
          return found.times === null || found.times <= 1 ? [] : [{ ...fault, times: found.times - 1 }];
        });
      return found as unknown as Of<K>;
    },
  };
}

/** Whether a fault for objects of some name is about this one. */
export const named =
  (name: string) =>
  (fault: { readonly name: string }): boolean =>
    new RegExp(fault.name).test(name);
