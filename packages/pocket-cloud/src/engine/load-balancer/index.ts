export { createLoadBalancerEngine, type LoadBalancerEngine } from './load-balancer-engine.ts';
export * from './spec.ts';
export type { ListenerStatistics, ServerStatistics, Statistics } from './statistics.ts';
