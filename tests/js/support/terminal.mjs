// A real terminal: tmux, with a server of the test's own.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { environment, main, node } from './cli.mjs'

/** Why the tests that need a terminal are skipped, if they are. */
export const noTerminal = spawnSync('tmux', ['-V']).status === 0 ? false : 'there is no tmux here'

/** What a person sees: no escape sequences; lines without the blanks at their ends. */
const tidy = (text) =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd()

/** Opens a terminal with a shell in `cwd`, where `counterfoil` is a command. */
export function openTerminal(t, { cwd, env = {}, width = 100, height = 40 }) {
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-terminal-'))
  const socket = join(folder, 'tmux')
  writeFileSync(join(folder, 'counterfoil'), `#!/bin/sh\nexec '${node.join("' '")}' '${main}' "$@"\n`)
  chmodSync(join(folder, 'counterfoil'), 0o755)
  const clean = environment({ ...env, PS1: '$ ', PATH: `${folder}:${process.env.PATH}` })
  delete clean.TMUX
  const tmux = (...args) => {
    const { status, stdout, stderr } = spawnSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      env: clean,
      cwd,
    })
    if (status !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  tmux('new-session', '-d', '-x', String(width), '-y', String(height), '-c', cwd, 'exec sh')
  t.after(() => {
    spawnSync('tmux', ['-S', socket, 'kill-server'])
    rmSync(folder, { recursive: true, force: true })
  })

  const screen = () => tidy(tmux('capture-pane', '-p', '-S', '-200'))
  let commands = 0
  /** What is on the screen since the last command began: before that it may look the same as then. */
  const since = (text) => {
    const lines = text.split('\n')
    const at = lines.lastIndexOf(`[begin ${commands}]`)
    return commands === 0 ? text : at < 0 ? '' : lines.slice(at + 1).join('\n')
  }
  // Ctrl-C leaves its ^C before it.
  const end = () => new RegExp(`\\[end ${commands}: (\\d+)\\]$`, 'm')
  const terminal = {
    screen: () => since(screen()),
    /** With escape sequences. */
    coloured: () => tmux('capture-pane', '-p', '-e', '-S', '-200'),
    /** Types a line. */
    type: (text) => tmux('send-keys', '-l', `${text}\n`),
    /** Presses a key: `C-c`, `Enter`. */
    press: (key) => tmux('send-keys', key),
    /** Waits until this is seen; gives what is. */
    async until(pattern) {
      for (const limit = Date.now() + 90_000; ;) {
        const text = terminal.screen()
        if (pattern.test(text)) return text
        if (Date.now() > limit) throw new Error(`this never came: ${pattern}\n${screen()}`)
        await new Promise((done) => setTimeout(done, 60))
      }
    },
    /** Starts a command. */
    start(line) {
      commands += 1
      terminal.type(`clear; echo "[begin ${commands}]"; ${line}; echo "[end ${commands}: $?]"`)
    },
    /** Waits for the end of what was started last; gives its exit code. */
    async ended() {
      return Number(end().exec(await terminal.until(end()))[1])
    },
    /** Runs a command to its end; gives what it printed, and its exit code. */
    async run(line) {
      terminal.start(line)
      const status = await terminal.ended()
      return { text: terminal.screen(), status }
    },
  }
  return terminal
}
