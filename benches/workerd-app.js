// The Worker that benches/workerd.mjs measures.
import { init, plan } from 'counterfoil'

const files = Object.fromEntries(
  Array.from({ length: 100 }, (_, at) => [
    `${String(at + 1).padStart(4, '0')}_table_${at}.sql`,
    `-- migrate:up\ncreate table t${at} (id bigint primary key, name text not null, at timestamptz default now());\ncreate index t${at}_name on t${at} (name);\n-- migrate:down\ndrop table t${at};\n`,
  ]),
)

export default {
  async fetch(request) {
    await init()
    const times = Number(new URL(request.url).searchParams.get('plans'))
    let decisions = 0
    for (let n = 0; n < times; n += 1) decisions += plan(files).decisions.length
    return Response.json(decisions)
  },
}
