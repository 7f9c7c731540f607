//! A macro crate cannot be called from integration tests, so what tests its functions stands inside of it.
//!
//! | file | the promise |
//! |---|---|
//! | `expansion` | what is generated is text that somebody has reviewed |
//! | `documented` | whoever hovers over an attribute finds each of its arguments |
//! | `large` | what is large costs what it is large, and no more |
//! | `half_typed` | whatever stands in an editor, nothing panics and the user's function is still there |

mod documented;
mod expansion;
mod half_typed;
mod large;
