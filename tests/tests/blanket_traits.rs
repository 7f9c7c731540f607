//! Traits of the user's, in scope and for every type, that have every name of ours without its prefix, and say nonsense.
//! A method that is found by autoref wins over one behind a `Deref`, so each kind of receiver is tried.

use futures::StreamExt as _;
use samplescope::{Capture, Settings};
use samplescope_tests::Telemetry;
use std::fs;
use std::path::Path;

struct Nonsense;

macro_rules! everything {
    ($($name:ident)*) => {
        /// All the names.
        const NAMES: &[&str] = &[$(stringify!($name)),*];

        mod by_reference {
            #[expect(dead_code, reason = "they are there to be found")]
            trait Everything {
                $(fn $name(&self) -> super::Nonsense { super::Nonsense })*
            }
            impl<T: ?Sized> Everything for T {}
            pub(super) fn in_scope() -> super::Nonsense {
                [0].record()
            }
            instrumented! {}
        }

        mod by_value {
            #[expect(dead_code, clippy::wrong_self_convention, reason = "they are there to be found")]
            trait Everything: Sized {
                $(fn $name(self) -> super::Nonsense { super::Nonsense })*
            }
            impl<T> Everything for T {}
            pub(super) fn in_scope() -> super::Nonsense {
                [0].record()
            }
            instrumented! {}
        }

        mod by_mutable_reference {
            #[expect(dead_code, reason = "they are there to be found")]
            trait Everything {
                $(fn $name(&mut self) -> super::Nonsense { super::Nonsense })*
            }
            impl<T: ?Sized> Everything for T {}
            pub(super) fn in_scope() -> super::Nonsense {
                [0].record()
            }
            instrumented! {}
        }

        /// The same without such a trait.
        mod none {
            instrumented! {}
        }
    };
}

macro_rules! instrumented {
    () => {
        use samplescope::{Chunk, TokenUsage, sampling_loop, sampling_statements, sampling_step, sampling_tool};
        use std::pin::Pin;

        pub(super) struct Said {
            pub(super) words: String,
            pub(super) count: u32,
            pub(super) bad: bool,
        }

        #[derive(Debug, samplescope::ErrorType)]
        pub(super) enum Refused {
            Late,
            #[error_type(transparent)]
            Io(std::io::Error),
        }

        #[sampling_loop(
                            agent = "weather",
                            conversation_id = words,
                            provider = "scripted",
                            model = words,
                            temperature = 0.5,
                            max_tokens = count,
                            tool_count = count,
                            result_type = Said,
                            handler_mode = "client",
                            messages = words,
                            system_prompt = "be brief",
                            answer = |said| &said.words,
                            inherited("user.id" = words, "app.everywhere" = count),
                            attributes("app.words" = words, "app.count" = |said| said.count, "gen_ai.output.type" = "text"),
                        )]
        pub(super) async fn run(words: &str, count: u32) -> Result<Said, Refused> {
            let _ = step(words, count, true).await;
            let _ = step(words, count, false).await;
            let _ = tool(words, true).await;
            let _ = tool(words, false).await;
            let _ = late(words).await;
            let _ = failing(count);
            let _ = retrieve(words);
            boxed(count).await
        }

        #[sampling_step(
                            model = words,
                            top_p = 0.5,
                            top_k = count,
                            seed = count,
                            stop_sequences = [words],
                            reasoning_level = words,
                            previous_response_id = words,
                            prompt_name = words,
                            prompt_version = words,
                            server_address = words,
                            server_port = count,
                            stop_reason = |said| &said.words,
                            response_model = |said| &said.words,
                            response_id = |said| &said.words,
                            usage = |said| TokenUsage::new(said.count, 1),
                            message = |said| &said.words,
                            failed = |said| said.bad,
                            attempt = count,
                            attributes("gen_ai.workflow.name" = words, "gen_ai.response.status" = |said| &said.words),
                            unchecked("app.unchecked" = count),
                        )]
        async fn step(words: &str, count: u32, bad: bool) -> Result<Said, Refused> {
            Ok(Said { words: String::from(words), count, bad })
        }

        #[sampling_tool(name = words, call_id = words, arguments = words, result = |said| &said.words, error_type = |_| "told", error_attributes("http.response.status_code" = |_| 503, "app.error" = |error| error.len()))]
        async fn tool(words: &str, ok: bool) -> Result<Said, String> {
            if ok { Ok(Said { words: String::from(words), count: 1, bad: false }) } else { Err(String::from("no")) }
        }

        #[sampling_tool(description = words, capture = !words.is_empty())]
        fn late(words: &str) -> impl Future<Output = Result<u8, Refused>> {
            let count = words.len();
            async move { if count == 0 { Ok(1) } else { Err(Refused::Io(std::io::Error::other("disk"))) } }
        }

        #[sampling_tool]
        fn failing(count: u32) -> Result<u8, std::num::TryFromIntError> {
            u8::try_from(count)
        }

        #[sampling_step]
        fn boxed(count: u32) -> Pin<Box<dyn Future<Output = Result<Said, Refused>> + Send>> {
            if count == 0 {
                return Box::pin(async { Ok(Said { words: String::new(), count: 0, bad: false }) });
            }
            Box::pin(async { Err(Refused::Late) })
        }

        #[sampling_step(stream, chunk = |part| Chunk::new().text(part.as_str()))]
        pub(super) fn stream() -> impl futures::Stream<Item = String> {
            futures::stream::iter([String::from("a"), String::from("b")])
        }

        #[sampling_step(operation = "embeddings", purpose = "index", usage = |()| TokenUsage::default().with_input(count))]
        fn embed(count: u32) {}

        #[sampling_tool(operation = "retrieval", provider = words, data_source_id = words, query = words, documents = |found| found)]
        fn retrieve(words: &str) -> Vec<String> {
            embed(3);
            vec![String::from(words)]
        }

        #[sampling_tool(stream, chunk = |part| Chunk::new().text(part.as_str()))]
        pub(super) fn boxed_stream() -> Pin<Box<dyn futures::Stream<Item = String> + Send>> {
            Box::pin(futures::stream::iter([String::from("c")]))
        }

        #[sampling_statements]
        pub(super) async fn statements(words: &str) -> Result<usize, String> {
            #[sampling_tool(name = words, call_id = words, result = |said| &said.words)]
            let said: Said = tool(words, true).await?;
            #[sampling_tool]
            let length = u8::try_from(said.words.len()).map_err(|_| String::new())?;
            #[sampling_tool]
            let future: Pin<Box<dyn Future<Output = u8> + Send>> = Box::pin(async move { length });
            Ok(usize::from(future.await))
        }

        #[sampling_tool]
        pub(super) fn closures() -> impl Fn(&str) -> usize {
            |text| text.len()
        }
    };
}

everything! {
    agent answer append_to arguments asks_consent attempt attribute boxed call call_id calling capture choice_count chunk
    conversation_id current_span data_source_id definitions description documents entered error error_type failed flag frequency_penalty future given handler_mode
    inherited inherited_registered integer is_agent_measured is_capturing is_measured is_recording is_server_measured items
    iteration known leave link max_tokens message messages model name number opaque_stream opaque_stream_result outcome output
    outside parent presence_penalty previous_response_id prompt_name prompt_version provider query reasoning_level record registered
    request response response_id response_model result result_type result_type_name returns run said same says seed server_address
    server_port started stop_reason stop_sequences stream success system_prompt temperature text texts then tool_count tool_type
    tools top_k top_p tried usage value without_tokens
}

/// A line for each span and each point that was exported, without times and ids.
macro_rules! exported {
    ($module:ident) => {{
        let telemetry = Telemetry::on().metered().with(Settings::default().with_capture(Capture::Spans));
        assert!(matches!($module::run("words", 300).await, Err($module::Refused::Late)));
        assert!(matches!($module::run("", 0).await, Ok(said) if said.words.is_empty() && said.count == 0 && !said.bad));
        assert_eq!($module::stream().collect::<Vec<_>>().await, ["a", "b"]);
        assert_eq!($module::boxed_stream().collect::<Vec<_>>().await, ["c"]);
        assert_eq!($module::closures()("four"), 4);
        assert_eq!($module::statements("words").await, Ok(5));
        lines(&telemetry, stringify!($module))
    }};
}

fn lines(telemetry: &Telemetry, module: &str) -> Vec<String> {
    let spans = telemetry.spans(27);
    let lines = spans.iter().map(|span| {
        let parent = spans.iter().position(|other| other.id() == span.parent_id());
        let mut attributes = span.attributes();
        attributes.remove("gen_ai.response.time_to_first_chunk");
        format!("{} {:?} {parent:?} {attributes:?} {:?}", span.name(), span.status(), span.events())
    });
    let points = telemetry.metrics().into_iter().flat_map(|metric| metric.points);
    let mut points: Vec<String> = points.map(|point| format!("{:?} {}", point.attributes, point.count)).collect();
    points.sort();
    lines.chain(points).map(|line| line.replace(module, "module")).collect()
}

#[tokio::test]
async fn nothing_of_the_user_s_is_taken_for_ours() {
    let without = exported!(none);
    assert_eq!(without.iter().filter(|line| line.contains(" Unset ")).count(), 19);
    assert_eq!(without.iter().filter(|line| line.contains(" Error { ")).count(), 8);
    let [Nonsense, Nonsense, Nonsense] = [by_reference::in_scope(), by_value::in_scope(), by_mutable_reference::in_scope()];
    for with in [exported!(by_reference), exported!(by_value), exported!(by_mutable_reference)] {
        assert_eq!(with.len(), without.len());
        for (with, without) in with.iter().zip(&without) {
            assert_eq!(with, without);
        }
    }
}

/// The names are all that generated code calls.
#[test]
fn no_name_is_left_out() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src")];
    let mut found = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the runtime is in this repository") {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = fs::read_to_string(path).expect("a text file");
            for name in source.split("fn __ss_").skip(1) {
                let name = name.split(|c: char| c != '_' && !c.is_alphanumeric()).next().unwrap_or_default();
                assert!(NAMES.contains(&name), "{name}");
                found += 1;
            }
        }
    }
    assert!(found > 50, "{found}");
}
