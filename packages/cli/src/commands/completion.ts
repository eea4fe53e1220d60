import { Argument, type Command } from 'commander';
import type { CliContext } from '../context.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

/** `cluster create`, `cluster list`, …: every command path of the tree. */
export function commandPaths(command: Command, before: readonly string[] = []): readonly (readonly string[])[] {
  return command.commands.flatMap((child) => {
    const path = [...before, child.name()];
    return [path, ...commandPaths(child, path)];
  });
}

/** A completion script for the command tree; words only, no call to the service. */
export function completionScript(shell: Shell, program: Command): string {
  const nouns = program.commands.map((child) => child.name());
  const verbs = program.commands
    .filter((child) => child.commands.length > 0)
    .map((child) => ({ noun: child.name(), verbs: child.commands.map((verb) => verb.name()) }));
  if (shell === 'fish')
    return [
      `complete -c kaas -f -n __fish_use_subcommand -a '${nouns.join(' ')}'`,
      ...verbs.map(
        (item) => `complete -c kaas -f -n '__fish_seen_subcommand_from ${item.noun}' -a '${item.verbs.join(' ')}'`,
      ),
      '',
    ].join('\n');
  const cases = verbs.map((item) => `    ${item.noun}) words="${item.verbs.join(' ')}" ;;`).join('\n');
  const bash = `_kaas() {
  local words=""
  if [ "$COMP_CWORD" -eq 1 ]; then words="${nouns.join(' ')}"; elif [ "$COMP_CWORD" -eq 2 ]; then
    case "\${COMP_WORDS[1]}" in
${cases}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _kaas kaas
`;
  return shell === 'zsh' ? `autoload -U +X bashcompinit && bashcompinit\n${bash}` : bash;
}

export function completionCommand(program: Command, context: CliContext): void {
  program
    .command('completion')
    .description('print a completion script, e.g. source <(kaas completion bash)')
    .addArgument(new Argument('<shell>').choices([...shells]))
    .action((shell: Shell) => context.terminal.stdout(completionScript(shell, program)));
}
