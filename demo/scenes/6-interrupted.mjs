import { gap, say } from '../show.mjs'
import { change } from '../stage.mjs'

export const title = 'An index build that stops half-way'

const index = `select c.relname as index, i.indisvalid as valid
  from pg_index i join pg_class c on c.oid = i.indexrelid where c.relname = 'tickets_one_per_seat'`
const progress = `select state, steps_done, steps_total from schema_migrations where version = '20260402074500'`

export async function play(stage) {
  const path = '20260402074500_one_ticket_per_seat.sql'
  await stage.db.exec(`
    insert into shows (venue_id, title, starts_at) values (1, 'The Seagull', '2999-01-01 19:00+00');
    insert into customers (email, name) values ('ada@example.org', 'Ada'), ('bo@example.org', 'Bo');
    insert into tickets (show_id, seat_id, customer_id) values (1, 7, 1), (1, 7, 2);
  `)
  say(
    'An index is built concurrently, which no transaction can undo. One seat has been sold twice, so the build stops, and PostgreSQL leaves an invalid index behind.',
  )
  gap()
  stage.put(path, change(`interrupted/${path}`))
  await stage.migrate()
  await stage.query('index', index)
  await stage.query('ledger', progress)
  await stage.ready()
  gap()
  say(
    'One of the two tickets is refunded. The run goes on at the step where it stopped: the invalid index is dropped and built again.',
  )
  gap()
  await stage.db.exec('update tickets set refunded_at = now() where customer_id = 2')
  await stage.plan()
  await stage.migrate()
  await stage.query('index', index)
  await stage.query('ledger', progress)
}
