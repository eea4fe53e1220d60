import { createClient } from '@matryoshka/client';
import type { LoginRequest, Session } from '@matryoshka/contract';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CliContext, clientOf, globalOptions, outputOptions } from '../context.ts';
import { CliError, usageError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { idTokenOf, type OidcMethod } from '../oidc/id-token.ts';
import { issuerView } from '../output/access-views.ts';
import { formatItem, formatList } from '../output/format.ts';
import { meView, projectView } from '../output/views.ts';
import { loadSession, saveSession, serviceUrl } from '../session.ts';
import type { Terminal } from '../terminal.ts';

interface LoginOptions {
  readonly user?: string;
  readonly userDomain?: string;
  readonly password?: string;
  readonly project?: string;
  /** An issuer by name; true: the only one. */
  readonly oidc?: string | true;
  readonly device?: true;
  readonly redirectPort?: number;
  readonly list?: true;
}

/** Flags go before the OS_* environment; the password is asked for on a terminal only. */
export async function loginRequest(options: LoginOptions, terminal: Terminal): Promise<LoginRequest> {
  const { env } = terminal;
  const project = options.project ?? env.OS_PROJECT_NAME ?? env.OS_PROJECT_ID;
  const projectDomain = env.OS_PROJECT_DOMAIN_NAME;
  const choice = {
    ...(project === undefined ? {} : { project }),
    ...(projectDomain === undefined ? {} : { projectDomain }),
  };
  if (options.user === undefined && env.OS_APPLICATION_CREDENTIAL_ID !== undefined)
    return {
      method: 'application-credential',
      id: env.OS_APPLICATION_CREDENTIAL_ID,
      secret: env.OS_APPLICATION_CREDENTIAL_SECRET ?? '',
    };
  if (options.user === undefined && env.OS_TOKEN !== undefined)
    return { method: 'token', token: env.OS_TOKEN, ...choice };
  const user = options.user ?? env.OS_USERNAME;
  if (user === undefined) throw usageError('no user was given', 'Use --user NAME or set OS_USERNAME.');
  const userDomain = options.userDomain ?? env.OS_USER_DOMAIN_NAME;
  const password = options.password ?? env.OS_PASSWORD ?? (await askPassword(user, terminal));
  return { method: 'password', user, password, ...(userDomain === undefined ? {} : { userDomain }), ...choice };
}

async function askPassword(user: string, terminal: Terminal): Promise<string> {
  if (!terminal.stdinIsTty)
    throw usageError(`no password for ${user} was given`, 'Set OS_PASSWORD, or run kaas login on a terminal.');
  return terminal.readSecret(`Password of ${user}: `);
}

async function methodsOf(url: string): Promise<readonly OidcMethod[]> {
  return (await createClient({ baseUrl: url }).call('auth.methods', {})).oidc;
}

/** The issuer of that name, or the only one. Throws CliError `unknown_issuer`. */
function chooseIssuer(methods: readonly OidcMethod[], wanted: string | true): OidcMethod {
  const [only, ...others] = methods;
  const found = wanted === true && others.length === 0 ? only : methods.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  const names = methods.map(({ name }) => name).join(', ');
  const problem = wanted === true ? 'the service trusts several issuers' : `the service trusts no issuer ${wanted}`;
  throw new CliError(only === undefined ? 'the service trusts no OpenID Connect issuer' : problem, {
    code: 'unknown_issuer',
    exitCode: exitCodes.usage,
    next: only === undefined ? 'Log in with your OpenStack account: --user NAME.' : `Choose one: --oidc ${names}.`,
  });
}

async function oidcRequest(url: string, options: LoginOptions, terminal: Terminal): Promise<LoginRequest> {
  const method = chooseIssuer(await methodsOf(url), options.oidc ?? true);
  const { device = false, redirectPort = 0, project } = options;
  const idToken = await idTokenOf(method, terminal, { device, redirectPort });
  return { method: 'oidc', issuer: method.name, idToken, ...(project === undefined ? {} : { project }) };
}

async function logIn(context: CliContext, url: string, options: LoginOptions): Promise<Session> {
  const { terminal } = context;
  const isOidc = options.oidc !== undefined || options.device === true;
  const body = isOidc ? await oidcRequest(url, options, terminal) : await loginRequest(options, terminal);
  const session = await createClient({ baseUrl: url }).call('auth.login', { body });
  const { token, user, project, expiresAt } = session;
  const kept = { url, token, user: user.name, project: project.name, expiresAt };
  await saveSession(terminal, body.method === 'oidc' ? { ...kept, oidc: body.issuer } : kept);
  terminal.stderr(`logged in as ${user.name} to project ${project.name} (${session.role}) until ${expiresAt}\n`);
  return session;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) throw new InvalidArgumentError('a port from 1 to 65535');
  return port;
}

export function authCommands(program: Command, context: CliContext): void {
  const { terminal } = context;
  program
    .command('login')
    .description('log in with your OpenStack account (also from OS_* variables), or with an OpenID Connect issuer')
    .option('--user <name>', 'user name (OS_USERNAME)')
    .option('--user-domain <name>', 'domain of the user (OS_USER_DOMAIN_NAME)')
    .option('--password <password>', 'visible to others on this machine: prefer OS_PASSWORD or the question')
    .option('--project <name>', 'project name or id (OS_PROJECT_NAME)')
    .option('--oidc [issuer]', 'log in with a browser, at an OpenID Connect issuer that the service trusts')
    .option('--device', 'with --oidc: in a browser on any other machine, by a code')
    .addOption(
      new Option('--redirect-port <port>', 'with --oidc: where the browser comes back to; default: any').argParser(
        parsePort,
      ),
    )
    .option('--list', 'only list the issuers that the service trusts')
    .action(async (options: LoginOptions, command: Command) => {
      const url = serviceUrl(globalOptions(command).url, terminal, await loadSession(terminal));
      if (options.list) terminal.stdout(formatList(await methodsOf(url), issuerView, outputOptions(command)));
      else await logIn(context, url, options);
    });
  program
    .command('logout')
    .description('make the stored token invalid and forget it')
    .action(async (_: unknown, command: Command) => {
      const session = await loadSession(terminal);
      if (session === undefined) return;
      try {
        await (await clientOf(context, command)).client.call('auth.logout', {});
      } finally {
        await saveSession(terminal, undefined);
      }
    });
  program
    .command('whoami')
    .description('user, project and role of the stored token')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      terminal.stdout(formatItem(await client.call('me.get', {}), meView, outputOptions(command)));
    });
}

export function projectCommands(program: Command, context: CliContext): void {
  const { terminal } = context;
  const group = program.command('project').description('OpenStack projects');
  group
    .command('list')
    .description('projects you may log in to')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { items } = await client.call('project.list', {});
      terminal.stdout(formatList(items, projectView, outputOptions(command)));
    });
  group
    .command('use <project>')
    .description('log in to another project; needs the password (OS_PASSWORD or a question) or the browser again')
    .action(async (project: string, _: unknown, command: Command) => {
      const session = await loadSession(terminal);
      if (session === undefined)
        throw new CliError('not logged in', {
          code: 'not_logged_in',
          exitCode: exitCodes.error,
          next: `Run: kaas login --project ${project}`,
        });
      const who = session.oidc === undefined ? { user: session.user } : { oidc: session.oidc };
      await logIn(context, serviceUrl(globalOptions(command).url, terminal, session), { ...who, project });
    });
}
