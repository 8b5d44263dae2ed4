// `counterfoil completion`: a script that makes a shell complete commands, options and their values.
import { emit } from '../text/print.js'
import { optionsOf } from '../frame/arguments.js'
import { define, fine, type Command, type Option } from '../frame/command.js'
import { inQuotes } from '../text/shell.js'

const shells = { bash, zsh, fish }

export const command = define({
  about:
    'Prints a script that makes your shell complete commands, options and the values of options.\nIt completes the command `counterfoil`, and not `npx counterfoil`: no shell can tell what npx will run. Where only a project has it, make it a command first: counterfoil() { npx counterfoil "$@"; }',
  operands: { name: '<shell>', about: 'bash, zsh or fish', required: true, choices: Object.keys(shells) },
  options: {},
  bare: true,
  examples: [
    ['completion bash >> ~/.bashrc', 'for every bash that is started from now on'],
    ['completion zsh > "${fpath[1]}/_counterfoil"', 'for zsh'],
    ['completion fish > ~/.config/fish/completions/counterfoil.fish', 'for fish'],
  ],
  exits: '0 if it was printed, 2 if there is no such shell',
  async run({ operands: [shell], commands }) {
    const all = await Promise.all(
      Object.entries(commands).map(async ([name, { about, load }]) => ({
        name,
        about,
        command: (await load()).command as Command,
      })),
    )
    emit(shells[shell as keyof typeof shells](all))
    return fine
  },
})

interface Named {
  name: string
  about: string
  command: Command
}

/** What a value is completed with. */
type Values = 'file' | 'folder' | 'none' | readonly string[]
const valuesOf = ({ choices, completes }: Option): Values => choices ?? completes ?? 'none'

/** Every option with its forms on the command line. */
function optionLines(command: Command): { names: string[]; option: Option }[] {
  return Object.entries(optionsOf(command)).map(([name, option]) => ({
    names: [`--${name}`, ...(option.short ? [`-${option.short}`] : [])],
    option,
  }))
}

function bash(all: Named[]): string {
  const names = all.map(({ name }) => name).join(' ')
  const values = (values: Values) =>
    values === 'file'
      ? 'COMPREPLY=($(compgen -f -- "$word"))'
      : values === 'folder'
        ? 'COMPREPLY=($(compgen -d -- "$word"))'
        : values === 'none'
          ? 'COMPREPLY=()'
          : `COMPREPLY=($(compgen -W ${inQuotes(values.join(' '))} -- "$word"))`
  const cases = all.map(({ name, command }) => {
    const options = optionLines(command)
    const taking = options.filter(({ option }) => option.type !== 'boolean')
    const operands = command.operands?.choices
    return `    ${name})
      case "$before" in
${taking.map(({ names, option }) => `        ${names.join('|')}) ${values(valuesOf(option))}; return ;;`).join('\n')}
      esac
      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W ${inQuotes(options.flatMap(({ names }) => names).join(' '))} -- "$word"))
      else ${operands ? values(operands) : 'COMPREPLY=()'}; fi ;;`
  })
  return `# bash completion of counterfoil
_counterfoil() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W ${inQuotes(`${names} help --help --version`)} -- "$word"))
    return
  fi
  case "$command" in
    help) COMPREPLY=($(compgen -W ${inQuotes(names)} -- "$word")) ;;
${cases.join('\n')}
  esac
}
complete -o filenames -o bashdefault -F _counterfoil counterfoil
`
}

function zsh(all: Named[]): string {
  // In a specification of _arguments: [text], and colons.
  const text = (about: string) => about.replace(/[[\]\\:]/g, '\\$&')
  const action = (values: Values) =>
    values === 'file' ? '_files' : values === 'folder' ? '_files -/' : values === 'none' ? ' ' : `(${values.join(' ')})`
  const spec = ({ names, option }: ReturnType<typeof optionLines>[number]) => {
    const tail = `[${text(option.about)}]${option.type === 'boolean' ? '' : `:${text((option.value ?? option.type).replace(/[<>]/g, ''))}:${action(valuesOf(option))}`}`
    const many = option.multiple ? '*' : ''
    if (names.length === 1) return inQuotes(`${many}${names[0]}${tail}`)
    return `${option.multiple ? '' : inQuotes(`(${names.join(' ')})`)}{${names.join(',')}}${inQuotes(tail)}`
  }
  const cases = all.map(({ name, command }) => {
    const { operands } = command
    const operand = operands
      ? [
          inQuotes(
            `${operands.many ? '*' : '1'}:${text(operands.name.replace(/[<>]/g, ''))}:${operands.choices ? action(operands.choices) : ' '}`,
          ),
        ]
      : []
    return `    ${name})
      _arguments -s -S ${[...optionLines(command).map(spec), ...operand].join(' \\\n        ')} ;;`
  })
  return `#compdef counterfoil
# zsh completion of counterfoil
_counterfoil() {
  local -a commands
  commands=(
${all.map(({ name, about }) => `    ${inQuotes(`${name}:${about.replaceAll(':', '\\:')}`)}`).join('\n')}
    'help:what a command does'
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
    help) _describe 'command' commands ;;
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _counterfoil ]]; then _counterfoil "$@"; else compdef _counterfoil counterfoil; fi
`
}

function fish(all: Named[]): string {
  // In single quotes fish knows two escapes.
  const text = (about: string) => `'${about.replace(/[\\']/g, '\\$&')}'`
  const values = (values: Values) =>
    values === 'file'
      ? '-r -F'
      : values === 'folder'
        ? `-x -a '(__fish_complete_directories)'`
        : values === 'none'
          ? '-x'
          : `-x -a ${text(values.join(' '))}`
  const lines = all.flatMap(({ name, about, command }) => [
    `complete -c counterfoil -n __fish_use_subcommand -a ${name} -d ${text(about)}`,
    `complete -c counterfoil -n '__fish_seen_subcommand_from help' -a ${name}`,
    ...(command.operands?.choices
      ? [
          `complete -c counterfoil -n '__fish_seen_subcommand_from ${name}' -a ${text(command.operands.choices.join(' '))}`,
        ]
      : []),
    ...Object.entries(optionsOf(command)).map(
      ([option, of]) =>
        `complete -c counterfoil -n '__fish_seen_subcommand_from ${name}' -l ${option}${of.short ? ` -s ${of.short}` : ''}${of.type === 'boolean' ? '' : ` ${values(valuesOf(of))}`} -d ${text(of.about)}`,
    ),
  ])
  return `# fish completion of counterfoil
complete -c counterfoil -f
complete -c counterfoil -n __fish_use_subcommand -a help -d 'what a command does'
${lines.join('\n')}
`
}
