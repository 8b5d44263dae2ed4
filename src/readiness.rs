//! Readiness: is the database at the version that this release expects?
