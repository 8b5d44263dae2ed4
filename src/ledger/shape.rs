//! Recognises a table by its columns: ours, dbmate's, or another tool's.
