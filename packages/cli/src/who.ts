/** Who must act, in words for a customer. */
export const who = { user: 'you', provider: 'your provider', us: 'the makers of Matryoshka' } as const;
