/** How long something takes as experience goes, in words. */
export function spanWords(estimate: { readonly typicalSeconds: number; readonly slowSeconds: number }): string {
  return `${Math.round(estimate.typicalSeconds)} s (19 of 20: ${Math.round(estimate.slowSeconds)} s)`;
}
