/** What each sealed value is bound to: what was moved to another place does not open. */
export const secretContexts = {
  secret: ({ owner, kind }: { readonly owner: string; readonly kind: string }): string => `${owner}/${kind}`,
  signingKey: (id: string): string => `signing-key/${id}`,
  webhook: (id: string): string => `webhook/${id}`,
  logExport: (id: string): string => `log-export/${id}`,
  /** What a session is asked about again with. */
  proof: (tokenHash: Buffer): string => `session/${tokenHash.toString('hex')}`,
};
