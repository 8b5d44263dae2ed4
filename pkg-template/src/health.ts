// Readiness in operation: what a load balancer or an orchestrator asks for. Depends on no driver, and not on the core.
export { MigrationError, type Location } from './shared/errors.js'
export { readinessHandler } from './health/handler.js'
export type * from './health/public.js'
export { alembicReady, alembicReadiness, type AlembicDatabase, type AlembicExpected } from './alembic/readiness.js'
export type * from './alembic/public.js'
