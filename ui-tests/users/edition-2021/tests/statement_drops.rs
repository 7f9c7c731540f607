//! Edition 2021 drops the temporaries of a tail expression and of an `if let` later than 2024 does: so does a statement with an attribute.

#[rustfmt::skip] // It is edition 2024's file.
#[path = "../../../../tests/tests/statement_drops.rs"]
mod statement_drops;
