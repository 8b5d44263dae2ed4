//! Session settings: remembered before a migration, put back after it.
//!
//! `RESET ALL` will not do: it would also take away what the caller had set. So the settings are
//! kept: for a section in one transaction in a setting of our own, which costs no message more;
//! for one that runs step by step, or that resets all settings itself, by the machine. What
//! `pg_settings` does not show (custom settings of extensions and applications, the role, the session's user) is kept
//! by name, so a `RESET ALL` takes away those of the caller's that the section does not name.

use crate::sql::quote::literal;

const KEPT: &str = "'counterfoil.session'";

/// The settings as JSON: one row, one column `kept`. `names`: settings with a dot that the section
/// may change.
pub(crate) fn capture(names: &[String]) -> String {
    format!("select ({})::text as kept", kept_now(names))
}

/// Remembers the settings in the session until the end of the transaction.
pub(crate) fn capture_locally(names: &[String]) -> String {
    format!("select pg_catalog.set_config({KEPT}, ({})::text, true)", kept_now(names))
}

fn kept_now(names: &[String]) -> String {
    let mut sql = String::from(
        "select pg_catalog.json_build_object(\
         'user', pg_catalog.current_setting('session_authorization'), 'role', pg_catalog.current_setting('role'), \
         'set', coalesce((select pg_catalog.json_object_agg(name, setting) from pg_catalog.pg_settings \
         where source = 'session'), '{}'::json), 'own', pg_catalog.json_build_object(",
    );
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            sql.push_str(", ");
        }
        let name = literal(name);
        sql.push_str(&format!("{name}, coalesce(pg_catalog.current_setting({name}, true), '')"));
    }
    sql.push_str("))");
    sql
}

/// Puts a session back to what it began with.
pub(crate) const RESET: [&str; 3] = ["reset session authorization", "reset role", "reset all"];

/// Puts the settings back: one statement. `kept`: what [`capture`] gave, if it was asked.
pub(crate) fn restore(kept: Option<&str>) -> String {
    let kept = kept.map_or_else(|| format!("pg_catalog.current_setting({KEPT})"), literal);
    format!(
        "with kept as (select ({kept})::json as k), \
         who as (select pg_catalog.set_config('session_authorization', k ->> 'user', false) from kept \
         where k ->> 'user' <> pg_catalog.current_setting('session_authorization')), \
         role as (select pg_catalog.set_config('role', k ->> 'role', false) from kept, \
         (select count(*) from who) first where k ->> 'role' <> pg_catalog.current_setting('role')), \
         plain as (select pg_catalog.set_config(s.name, coalesce(k -> 'set' ->> s.name, s.reset_val), false) \
         from kept, pg_catalog.pg_settings s where (s.source = 'session' or k -> 'set' ->> s.name is not null) \
         and s.context in ('user', 'superuser') \
         and s.setting is distinct from coalesce(k -> 'set' ->> s.name, s.reset_val)), \
         own as (select pg_catalog.set_config(e.key, e.value, false) \
         from kept, pg_catalog.json_each_text(k -> 'own') e \
         where e.value is distinct from coalesce(pg_catalog.current_setting(e.key, true), '')) \
         select ((select count(*) from who) + (select count(*) from role) + (select count(*) from plain) + (select count(*) from own))::text as restored"
    )
}
