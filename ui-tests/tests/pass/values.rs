//! Values: their traits are bounds, and bring no method along; old names still stand where they stood.

use samplescope::value::*;
use samplescope::{Capture, LoopDescription, Settings, Vocabulary};
use std::sync::Arc;

/// Has methods of the names that values have inside, behind a pointer: a trait in scope that had them would go first.
struct Document(i64);

impl Document {
    fn text(&self) -> i64 {
        self.0
    }

    fn attribute(&self) -> i64 {
        self.0
    }

    fn integer(&self) -> i64 {
        self.0
    }
}

impl serde::Serialize for Document {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

fn described(model: &impl Text, tokens: &impl Integer, warm: &impl Number, from: &impl AsContext, mine: &impl AttributeValue) {
    samplescope::start_loop(|call: &mut LoopDescription<'_>| {
        call.model(model);
        call.max_tokens(tokens);
        call.temperature(warm);
        call.link(from);
        call.attribute("my.value", mine);
    })
    .end();
}

#[allow(deprecated)]
fn page(vocabulary: Vocabulary) -> &'static str {
    match vocabulary {
        Vocabulary::Prescribed => "fastmcp",
        Vocabulary::GenAi => "genai",
        _ => "another",
    }
}

fn main() {
    let document = Arc::new(Document(7));
    assert_eq!((document.text(), document.attribute(), document.integer()), (7, 7, 7));
    described(&"large", &1_u8, &0.5, &None::<opentelemetry::Context>, &document);

    #[allow(deprecated)]
    let settings = Settings::default().with_vocabulary(Vocabulary::Prescribed).with_capture(Capture::Spans);
    assert_eq!((settings.vocabulary(), page(settings.vocabulary())), (Vocabulary::FastMcp, "fastmcp"));
}
