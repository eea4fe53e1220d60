/** `mon-fri 20:00` or `daily 20:00` as a pattern of cron; what is neither is left to the service to refuse. */
export function patternOf(text: string | undefined): string | null {
  if (text === undefined || text === 'never') return null;
  const [, days, hour, minute] = /^(\S+)\s+(\d{1,2}):(\d{2})$/.exec(text.trim()) ?? [];
  if (days === undefined) return text.trim();
  return `${Number(minute)} ${Number(hour)} * * ${days === 'daily' ? '*' : days}`;
}
