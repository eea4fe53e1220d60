/**
 * The end of a server's console in which its set-up says that it failed. Sources: cloud-init (util.py, "Failed running", "Failed to run module"), systemd
 * ("Failed to start"), kubeadm ("error execution phase", "[ERROR …]").
 */
const failures = [
  /error execution phase/i,
  /\[ERROR [^\]]+\]/,
  /cloud-init.*(?:Failed|Traceback|ERROR)/,
  /(?:util|cc_scripts_user|cc_runcmd)\.py\[(?:WARNING|ERROR)\].*[Ff]ail/,
  /Failed to start .*(?:cloud-init|cloud-final|kubeadm)/i,
] as const;

/** The last line of a console that tells of a failed set-up; null when none does. */
export function consoleError(console: string): string | null {
  const lines = console.split('\n').map((line) => line.trim());
  for (const pattern of failures) {
    const line = lines.findLast((candidate) => pattern.test(candidate));
    if (line !== undefined) return line;
  }
  return null;
}
