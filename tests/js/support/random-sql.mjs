// Random scripts that PostgreSQL's grammar accepts, full of what splitters get wrong: semicolons and quotes in literals
// and comments, bodies with BEGIN ATOMIC, rules with several actions, keywords as names.

/** Scripts without end; the same seed gives the same ones. */
export function* randomScripts(seed) {
  const below = random(seed)
  const one = (...choices) => choices[below(choices.length)]

  const gap = () => one(' ', '\n', '\r\n', " -- ; ' \n", "/* ; ' */", ' /* /* ; */ $$ */ ', '\t')
  const value = () =>
    one(
      "'a;'",
      "'it''s'",
      "E'a\\';'",
      '$$;$$',
      '$q$ $$ ; $q$',
      "U&'\\0061;'",
      "'a'\n';'",
      "E'a'\n'\\';'",
      "x'1f'",
      "b'01'",
      '1',
      '1.5',
      'null',
      '-1',
      '(1)',
      '(select 1)',
      'case when true then 1 else 2 end',
      'a.b',
      '"q;"',
      'x::int',
      '@-1',
      'array[1,2]',
    )
  const query = () => `select${gap()}${value()}${one('', ' end', ' as end', ' case', ' "x;"', ' as begin', ' atomic')}`
  const argument = () => one('', 'a int', 'begin int', 'atomic int', 'begin atomic', '"end" int default 1')
  const body = (depth) => {
    const statements = Array.from({ length: below(4) }, () => `${statement(depth + 1)}${gap()};${gap()}`)
    return `begin${gap()}atomic${gap()}${statements.join('')}end`
  }
  const routine = (depth) =>
    `create${gap()}${one('', 'or replace ')}${one('function', 'procedure')}${gap()}f(${argument()})${gap()}` +
    one(
      `as ${one('$$;$$', "'begin; end;'", '$b$ begin atomic; $b$')} language sql`,
      body(depth),
      'return 1',
      `language sql ${body(depth)}`,
    )
  const action = () => one(query(), `insert into t values (${value()})`, 'delete from t', 'notify x')
  const rule = () =>
    `create ${one('', 'or replace ')}rule r as on insert to t do ${one('', 'also ', 'instead ')}` +
    one('nothing', action(), `(${gap()}${action()};${gap()}${action()})`, `(${action()};;${action()};)`)
  const control = () => one('begin', 'end', 'commit', 'begin isolation level serializable', 'start transaction')

  function statement(depth) {
    const kinds = [
      query,
      query,
      () => (depth < 3 ? routine(depth) : query()),
      rule,
      () => `insert into t values (${value()},${value()})`,
      () => (depth ? 'savepoint x' : control()),
      () => `create table rule (begin int, atomic text default ${one('1', "'a;'", '(1)')})`,
      () => 'do $$ begin perform 1; end $$',
      () => `update t set begin = ${value()} where atomic`,
      () => `create view begin as ${query()}`,
    ]
    return one(...kinds)()
  }

  for (;;) {
    const statements = Array.from(
      { length: 1 + below(4) },
      () => `${statement(0)}${gap()}${one(';', ';;', `;${gap()};`)}${gap()}`,
    )
    yield `${gap()}${statements.join('')}${one('', query())}${one('', '-- x')}`
  }
}

/** Numbers below a bound: mulberry32. */
function random(seed) {
  let state = seed | 0
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % bound
  }
}
