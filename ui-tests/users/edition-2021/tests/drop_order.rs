//! Edition 2021 drops the temporaries of a body's tail after its locals: so does a function with an attribute.

#[rustfmt::skip] // It is edition 2024's file.
#[path = "../../../../tests/tests/drop_order.rs"]
mod drop_order;
