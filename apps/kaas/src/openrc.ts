/** What the installer writes for kaas-controller; also what an administrator of the one-machine edition logs in with. */
export interface AdminFile {
  readonly authUrl: string;
  readonly username: string;
  readonly password: string;
  readonly project: string;
  readonly domain: string;
  readonly region: string;
}

/** Shell lines that let the `openstack` command line log in; to be used as `eval "$(kaas cloud openrc)"`. */
export function openrc(admin: AdminFile, project: string = admin.project): string {
  const variables = {
    OS_AUTH_URL: admin.authUrl,
    OS_IDENTITY_API_VERSION: '3',
    OS_USERNAME: admin.username,
    OS_PASSWORD: admin.password,
    OS_USER_DOMAIN_NAME: admin.domain,
    OS_PROJECT_NAME: project,
    OS_PROJECT_DOMAIN_NAME: admin.domain,
    OS_REGION_NAME: admin.region,
  };
  // Whatever an earlier openrc left behind would win over these.
  const lines = [
    'unset OS_TOKEN OS_AUTH_TYPE OS_PROJECT_ID OS_APPLICATION_CREDENTIAL_ID OS_APPLICATION_CREDENTIAL_SECRET OS_CLOUD',
  ];
  for (const [name, value] of Object.entries(variables)) lines.push(`export ${name}=${quote(value)}`);
  return `${lines.join('\n')}\n`;
}

/** A word no POSIX shell changes. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
