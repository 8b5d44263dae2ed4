// What the package says of its functions' options, in the words of the command line.

type Rule = readonly [pattern: RegExp, to: string | ((...match: string[]) => string)]

const rules: readonly Rule[] = [
  [/\bboth `steps` and `to` are given/, 'both --steps and --to are given'],
  [/\ballowDestructive: \['(.*?)'\]/, '--allow-destructive $1'],
  [
    /\bexisting: \{ ignore: \['(.*?)'\] \}/,
    (_, words = '') =>
      words
        .split("', '")
        .map((word) => `--existing ignore:${word}`)
        .join(' '),
  ],
  [/\bthe option existing has an unknown word in `ignore`, /, '--existing cannot ignore '],
  [/\bwaitTimeout\b/, '--wait-timeout'],
  [/\blockTimeout\b/, '--lock-timeout'],
  [
    /\bsee that it is the right folder\b/,
    'name their folder with --dir, or write the first one with `counterfoil new <name>`',
  ],
  [/`allowEmpty: true`/, '--allow-empty'],
  [/\bwhen: '(\w+)'/, '--when $1'],
  [/\bsession: false\b/, '--no-session'],
  [/\bwith the table option\b/, 'with --table'],
  [/\bthe option table is not .*/, '--table is neither a name nor schema.name'],
  [/\bthe option `?(table|convention|steps|to)\b`?/, '--$1'],
  [
    /\bconvention: ('[\w-]+'(?: \| '[\w-]+')*)/,
    (_, names = '') => chosen(names.split(' | ').map((name) => name.slice(1, -1))),
  ],
  [/\bas it is now, and ask for its digest$/, 'as it is now: `counterfoil plan`'],
  [/^pass the path of the folder that holds the migrations$/, 'name the folder that holds the migrations with --dir'],
]

const chosen = (names: readonly string[]) =>
  names.length > 3
    ? `--convention <name>, which is one of ${names.join(', ')}`
    : names.map((name) => `--convention ${name}`).join(' or ')

/** A message or help, with options as they are called on a command line. */
export const asOptions = (text: string): string =>
  rules.reduce((text, [pattern, to]) => text.replace(pattern, to as string), text)
