//! Another tool's ledger becomes rows of ours: its migrations are not run again.
//!
//! One file for each tool says how its rows are read, by what it knows a file, and what its own checksum of a file is.
//! What it says, [`Import`] compares with the files and draws up as changes of our ledger; [`crate::amend`] writes them. The
//! other tool's table stays as it is.
//!
//! A row whose file is as it was run gets our checksum and fingerprint of the file. One whose file differs is refused, and
//! where that is accepted it has the checksum of what ran, if the tool kept the text, and no fingerprint: by that the next run
//! knows that it is to be left alone. What a ledger cannot tell is refused until somebody says it, and is
//! [`assumed`](counterfoil::plan::ASSUMED) then.

mod asked;
mod draw;
mod errand;
mod importer;
mod set;
mod time;

mod alembic;
mod atlas;
mod dbmate;
mod diesel;
mod django;
mod drizzle;
mod ecto;
mod flyway;
mod golang_migrate;
mod goose;
mod graphile_migrate;
mod hasura;
mod knex;
mod kysely;
mod node_pg_migrate;
mod prisma;
mod rails;
mod refinery;
mod sql_migrate;
mod sqlx;
mod supabase;
mod tern;

pub use asked::{Assumed, Import};
pub use draw::CODES;

use importer::Importer;

/// Every importer. A test holds it to the tools that the core knows.
const IMPORTERS: &[Importer] = &[
    alembic::IMPORTER,
    atlas::IMPORTER,
    dbmate::IMPORTER,
    diesel::IMPORTER,
    django::IMPORTER,
    drizzle::IMPORTER,
    ecto::IMPORTER,
    flyway::IMPORTER,
    golang_migrate::IMPORTER,
    goose::IMPORTER,
    graphile_migrate::IMPORTER,
    hasura::IMPORTER,
    knex::IMPORTER,
    kysely::IMPORTER,
    node_pg_migrate::IMPORTER,
    prisma::IMPORTER,
    rails::IMPORTER,
    refinery::IMPORTER,
    sql_migrate::IMPORTER,
    sqlx::IMPORTER,
    supabase::IMPORTER,
    tern::IMPORTER,
];

#[cfg(test)]
mod tests;
