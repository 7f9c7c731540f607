//! The agent's trace in both vocabularies: `SAMPLESCOPE_BLESS=1 cargo test -p samplescope-examples --bin support_agent` writes it.

use crate::{Model, QUESTION, SESSION, Session, settings, support};
use samplescope::testing::{self, Run};
use samplescope::{Capture, Settings, Vocabulary};
use std::path::Path;

async fn run(vocabulary: Vocabulary, session: &Session) -> Run<String> {
    let settings = settings(Settings::default().with_vocabulary(vocabulary).with_capture(Capture::Spans));
    testing::with(settings)
        .capture(async { support(&mut Model::scripted(), session, QUESTION).await.expect("it answers").text })
        .await
}

#[tokio::test(start_paused = true)]
async fn the_trace_has_all_that_is_said_in_both_vocabularies() {
    for (vocabulary, file) in [(Vocabulary::FastMcp, "fastmcp.txt"), (Vocabulary::GenAi, "genai.txt")] {
        let text = run(vocabulary, &SESSION).await.text();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin/support_agent").join(file);
        if std::env::var_os("SAMPLESCOPE_BLESS").is_some() {
            std::fs::write(&path, &text).expect("a file of this repository");
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, expected, "{file}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_consent_nothing_that_anybody_said_is_there() {
    for vocabulary in [Vocabulary::FastMcp, Vocabulary::GenAi] {
        let run = run(vocabulary, &Session { consents: false, ..SESSION }).await;
        let text = run.text();
        assert_eq!(run.output, "It is in Bern. I cannot refund it.");
        assert!(!text.contains("parcel") && !text.contains("Bern"), "{text}");
        assert!(text.contains("ticket-9"), "{text}");
    }
}
