// Readiness in operation: what a load balancer or an orchestrator asks for. Depends on no driver, and not on the core.
import type { Check, SchemaLook } from './health/public.js'

export { MigrationError, type Location } from './shared/errors.js'
export { readinessHandler } from './health/handler.js'
export type * from './health/public.js'
export { alembicReady, alembicReadiness, type AlembicDatabase, type AlembicExpected } from './alembic/readiness.js'
export type * from './alembic/public.js'

/**
 * A check of `readinessHandler` that says whether the schema is the expected one. It looks once, when the first probe comes,
 * and keeps what it saw; as long as something is otherwise, it looks again once a minute. What is missing or changed is
 * `drifted`, 503; what is there besides is `ahead`, 200. Where nobody can tell, since the look has failed or is not over yet, or the database has
 * other migrations, it is `unverified`, 200: `ready` speaks of those.
 *
 * @example
 * ```js
 * readinessHandler({
 *   migrations: (signal) => ready(pool, manifest, { signal }),
 *   schema: schemaReady((signal) => verify(pool, manifest, { signal })),
 * })
 * ```
 */
export const schemaReady =
  (look: SchemaLook): Check =>
  async (signal) =>
    (await import('./health/schema.js')).schemaReady(look, signal)
