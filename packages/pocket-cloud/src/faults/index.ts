export { faultErrors, faultRoutes } from './admin-api.ts';
export { aroundCalls } from './around.ts';
export { createFaults, type Fault, type Faults, type InjectedFault, named } from './registry.ts';
