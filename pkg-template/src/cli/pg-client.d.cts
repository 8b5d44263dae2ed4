// What scripts/command-line.mjs bundles of node-postgres.
import { Client } from 'pg'
declare const client: typeof Client
export = client
