//! Session settings: remembered before a migration, put back after it.
//!
//! `RESET ALL` will not do: it would also take away what the caller had set. So the settings are
//! kept, for the length of the transaction (or of the session), in a setting of our own. What
//! `pg_settings` does not show (custom settings of extensions and applications, the role) is kept
//! by name.

use crate::sql::quote::literal;

const KEPT: &str = "'counterfoil.session'";

/// Remembers the settings. `names`: settings with a dot that the migration may change.
/// `local`: until the end of the transaction; else of the session.
pub(crate) fn capture(names: &[String], local: bool) -> String {
    let mut sql = format!(
        "select pg_catalog.set_config({KEPT}, (select pg_catalog.json_build_object(\
         'role', pg_catalog.current_setting('role'), \
         'set', coalesce((select pg_catalog.json_object_agg(name, setting) from pg_catalog.pg_settings \
         where source = 'session'), '{{}}'::json), 'own', pg_catalog.json_build_object("
    );
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            sql.push_str(", ");
        }
        let name = literal(name);
        sql.push_str(&format!("{name}, coalesce(pg_catalog.current_setting({name}, true), '')"));
    }
    sql.push_str(&format!("))::text), {local})"));
    sql
}

/// Puts the settings back: one statement.
pub(crate) fn restore() -> String {
    format!(
        "with kept as (select pg_catalog.current_setting({KEPT})::json as k), \
         role as (select pg_catalog.set_config('role', k ->> 'role', false) from kept \
         where k ->> 'role' <> pg_catalog.current_setting('role')), \
         plain as (select pg_catalog.set_config(s.name, coalesce(k -> 'set' ->> s.name, s.reset_val), false) \
         from kept, pg_catalog.pg_settings s where s.source = 'session' and s.context in ('user', 'superuser') \
         and s.setting is distinct from coalesce(k -> 'set' ->> s.name, s.reset_val)), \
         own as (select pg_catalog.set_config(e.key, e.value, false) \
         from kept, pg_catalog.json_each_text(k -> 'own') e \
         where e.value is distinct from coalesce(pg_catalog.current_setting(e.key, true), '')) \
         select ((select count(*) from role) + (select count(*) from plain) + (select count(*) from own))::text as restored"
    )
}
