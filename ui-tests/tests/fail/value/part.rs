//~ cannot create non-exhaustive variant using struct expression
//~ `..` required with variant marked as non-exhaustive

use samplescope::Part;

fn made() -> Part {
    Part::Text { content: String::new() }
}

fn seen(part: &Part) -> Option<&str> {
    match part {
        Part::Text { content } => Some(content),
        _ => None,
    }
}

fn main() {
    seen(&made());
}
