//! Metrics. Recorded whatever the sampler says, never without the number, never with anything unbounded.

use opentelemetry::Context;
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::Sampler;
use samplescope::{Settings, TokenUsage, Vocabulary, current_step, sampling_loop, sampling_step, sampling_tool};
use samplescope_tests::{Point, Telemetry};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

const OPERATION: &str = "mcp.server.operation.duration";
const TOKENS: &str = "gen_ai.client.token.usage";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fails {
    Never,
    Asking,
    Panicking,
}

#[sampling_loop(agent = "weather", conversation_id = "c-1", provider = "anthropic", model = model, messages = "hello", tools = ["look"])]
async fn run(model: &str, usage: Option<TokenUsage>, fails: Fails) -> Result<(), std::fmt::Error> {
    ask(usage, fails).await?;
    look().await;
    Ok(())
}

#[sampling_step(response_model = |_| "claude-1", response_id = |_| "r-1", usage = |usage| usage)]
async fn ask(usage: Option<TokenUsage>, fails: Fails) -> Result<Option<TokenUsage>, std::fmt::Error> {
    assert!(fails != Fails::Panicking, "as it should");
    if fails == Fails::Asking { Err(std::fmt::Error) } else { Ok(usage) }
}

#[sampling_tool(call_id = "t-1", arguments = "hello", failed = |()| true)]
async fn look() {}

fn usage() -> TokenUsage {
    TokenUsage::new(100, 20).with_cached(50).with_reasoning(5)
}

fn genai() -> Settings {
    Settings::default().with_vocabulary(Vocabulary::GenAi)
}

/// The points as text, so that a set of attributes is compared whole.
fn points(telemetry: &Telemetry, name: &str) -> Vec<String> {
    let line = |point: &Point| format!("{} of {}", point.count, written(&point.attributes));
    let mut points: Vec<String> = telemetry.points(name).iter().map(line).collect();
    points.sort();
    points
}

fn written(attributes: &BTreeMap<String, String>) -> String {
    let all: Vec<String> = attributes.iter().map(|(key, value)| format!("{key}={}", value.replace("String", ""))).collect();
    all.join(" ").replace(['"', '(', ')'], "")
}

#[tokio::test]
async fn the_prescribed_metrics_have_their_names_units_boundaries_and_attributes() {
    let telemetry = Telemetry::on().metered();
    assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    let metrics = telemetry.metrics();
    let mut names: Vec<(&str, &str)> = metrics.iter().map(|metric| (&*metric.name, &*metric.unit)).collect();
    names.sort_unstable();
    assert_eq!(names, [(TOKENS, "{token}"), (OPERATION, "s")]);
    assert_eq!(points(&telemetry, OPERATION), ["1 of mcp.method.name=sampling/createMessage"]);
    let tokens =
        "gen_ai.operation.name=chat gen_ai.provider.name=anthropic gen_ai.request.model=claude gen_ai.response.model=claude-1";
    assert_eq!(
        points(&telemetry, TOKENS),
        [format!("1 of {tokens} gen_ai.token.type=input"), format!("1 of {tokens} gen_ai.token.type=output")]
    );
    let sums: Vec<f64> = telemetry.points(TOKENS).iter().map(|point| point.sum).collect();
    assert!(sums == [100.0, 20.0] || sums == [20.0, 100.0], "{sums:?}");
    assert_eq!(
        telemetry.points(OPERATION)[0].bounds,
        [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0]
    );
    let powers: Vec<f64> = (0..14).map(|power| 4_f64.powi(power)).collect();
    assert_eq!(telemetry.points(TOKENS)[0].bounds, powers);
}

/// Everything that was measured: each metric with its instrument and unit, its boundaries' first and number, and below it its points.
fn everything(telemetry: &Telemetry) -> String {
    let mut metrics = telemetry.metrics();
    metrics.sort_by(|one, other| one.name.cmp(&other.name));
    let mut all = String::new();
    for metric in metrics {
        let instrument = match metric.points.first().map(|point| &point.bounds[..]) {
            Some([first, second, .., last]) => format!("histogram {first} {second} .. {last}"),
            _ => "counter".to_owned(),
        };
        writeln!(all, "{} {} {instrument}", metric.name, metric.unit).expect("a string takes anything");
        let value = |point: &Point| match (&*metric.unit, point.count) {
            ("s", count) => format!("{count} times"),
            (_, 0) => point.sum.to_string(),
            (_, count) => format!("{} in {count}", point.sum),
        };
        let mut points: Vec<String> =
            metric.points.iter().map(|point| format!("  {}: {}\n", written(&point.attributes), value(point))).collect();
        points.sort();
        all.extend(points);
    }
    all
}

/// Those of a model call's attributes that the calls of these tests share.
const CHAT: &str =
    "gen_ai.operation.name=chat gen_ai.provider.name=anthropic gen_ai.request.model=claude gen_ai.response.model=claude-1";

#[tokio::test]
async fn the_genai_metrics_of_a_run_are_these_and_no_other() {
    let telemetry = Telemetry::on().metered().with(genai());
    assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    let expected = [
        "gen_ai.client.inference.duration s histogram 0.01 0.02 .. 81.92",
        "  CHAT: 1 times",
        "gen_ai.client.inference.operation.input_tokens {token} histogram 1 4 .. 67108864",
        "  CHAT: 100 in 1",
        "gen_ai.client.inference.operation.output_tokens {token} histogram 1 4 .. 67108864",
        "  CHAT: 20 in 1",
        "gen_ai.client.inference.usage.cache_read.input_tokens {token} counter",
        "  CHAT gen_ai.token.modality=unknown: 50",
        "gen_ai.client.inference.usage.input_tokens {token} counter",
        "  CHAT gen_ai.token.modality=unknown: 100",
        "gen_ai.client.inference.usage.output_tokens {token} counter",
        "  CHAT gen_ai.token.modality=unknown: 20",
        "gen_ai.client.inference.usage.reasoning.output_tokens {token} counter",
        "  CHAT gen_ai.token.modality=unknown: 5",
        "gen_ai.execute_tool.duration s histogram 0.01 0.02 .. 81.92",
        "  error.type=tool_error gen_ai.operation.name=execute_tool gen_ai.tool.name=look gen_ai.tool.type=function: 1 times",
        "gen_ai.invoke_agent.duration s histogram 0.1 0.2 .. 409.6",
        "  gen_ai.agent.name=weather gen_ai.operation.name=invoke_agent: 1 times",
        "gen_ai.invoke_agent.inference_calls {inference_call} histogram 1 2 .. 128",
        "  gen_ai.agent.name=weather gen_ai.operation.name=invoke_agent: 1 in 1",
        "gen_ai.invoke_agent.tool_calls {tool_call} histogram 1 2 .. 128",
        "  gen_ai.agent.name=weather gen_ai.operation.name=invoke_agent: 1 in 1",
        "",
    ];
    assert_eq!(everything(&telemetry).replace(CHAT, "CHAT"), expected.join("\n"));
    let bounds = |name| telemetry.points(name)[0].bounds.clone();
    let growing = |factor: f64, from: f64, count: usize| {
        std::iter::successors(Some(from), |last| Some(last * factor)).take(count).collect::<Vec<_>>()
    };
    assert_eq!(bounds("gen_ai.client.inference.duration"), growing(2.0, 0.01, 14));
    assert_eq!(bounds("gen_ai.client.inference.operation.input_tokens"), growing(4.0, 1.0, 14));
    assert_eq!(bounds("gen_ai.client.inference.operation.output_tokens"), growing(4.0, 1.0, 14));
    assert_eq!(bounds("gen_ai.execute_tool.duration"), growing(2.0, 0.01, 14));
    assert_eq!(bounds("gen_ai.invoke_agent.duration"), growing(2.0, 0.1, 13));
    assert_eq!(bounds("gen_ai.invoke_agent.inference_calls"), growing(2.0, 1.0, 8));
    assert_eq!(bounds("gen_ai.invoke_agent.tool_calls"), growing(2.0, 1.0, 8));
}

#[tokio::test]
async fn a_failed_model_call_is_measured_with_its_error_and_no_token() {
    #[sampling_step(provider = "anthropic", model = "claude", usage = |usage| usage)]
    async fn ask() -> Result<TokenUsage, std::fmt::Error> {
        Err(std::fmt::Error)
    }
    let telemetry = Telemetry::on().metered().with(genai());
    assert!(ask().await.is_err());
    let asked = "gen_ai.operation.name=chat gen_ai.provider.name=anthropic gen_ai.request.model=claude";
    let expected = [
        "gen_ai.client.inference.duration s histogram 0.01 0.02 .. 81.92",
        "  error.type=fmt::Error ASKED: 1 times",
        "gen_ai.client.inference.usage.input_tokens {token} counter",
        "  ASKED gen_ai.token.modality=unknown: 0",
        "gen_ai.client.inference.usage.output_tokens {token} counter",
        "  ASKED gen_ai.token.modality=unknown: 0",
        "",
    ];
    assert_eq!(everything(&telemetry).replace(asked, "ASKED"), expected.join("\n"));
}

#[tokio::test]
async fn a_model_call_that_failed_and_said_its_tokens_has_both() {
    #[sampling_step(usage = |_| TokenUsage::new(7, 2), failed = |_| true, error_type = |()| "refused")]
    async fn ask() -> Result<u8, ()> {
        current_step().failed("no");
        Ok(1)
    }
    let telemetry = Telemetry::off().metered().with(genai());
    assert!(ask().await.is_ok());
    let expected = [
        "gen_ai.client.inference.duration s histogram 0.01 0.02 .. 81.92",
        "  error.type=_OTHER CHAT: 1 times",
        "gen_ai.client.inference.operation.input_tokens {token} histogram 1 4 .. 67108864",
        "  error.type=_OTHER CHAT: 7 in 1",
        "gen_ai.client.inference.operation.output_tokens {token} histogram 1 4 .. 67108864",
        "  error.type=_OTHER CHAT: 2 in 1",
        "gen_ai.client.inference.usage.input_tokens {token} counter",
        "  CHAT gen_ai.token.modality=unknown: 7",
        "gen_ai.client.inference.usage.output_tokens {token} counter",
        "  CHAT gen_ai.token.modality=unknown: 2",
        "",
    ];
    assert_eq!(everything(&telemetry).replace("gen_ai.operation.name=chat", "CHAT"), expected.join("\n"));
}

#[tokio::test]
async fn a_cancelled_model_call_is_measured_as_one() {
    #[sampling_step]
    async fn ask() {
        std::future::pending::<()>().await;
    }
    let telemetry = Telemetry::off().metered().with(genai());
    assert!(futures::FutureExt::now_or_never(ask()).is_none());
    let expected = [
        "gen_ai.client.inference.duration s histogram 0.01 0.02 .. 81.92",
        "  error.type=cancelled gen_ai.operation.name=chat: 1 times",
        "gen_ai.client.inference.usage.input_tokens {token} counter",
        "  gen_ai.operation.name=chat gen_ai.token.modality=unknown: 0",
        "gen_ai.client.inference.usage.output_tokens {token} counter",
        "  gen_ai.operation.name=chat gen_ai.token.modality=unknown: 0",
        "",
    ];
    assert_eq!(everything(&telemetry), expected.join("\n"));
}

mod other_operations {
    use super::*;

    /// An embeddings call that says all that its metrics have.
    #[sampling_step(
        operation = "embeddings",
        provider = "openai",
        model = "small",
        server_address = "api.example.com",
        server_port = 443,
        response_model = |_| "small-2",
        usage = |usage| usage,
    )]
    async fn embed(fails: Fails) -> Result<TokenUsage, std::fmt::Error> {
        match fails {
            Fails::Never => Ok(TokenUsage::default().with_input(12)),
            Fails::Asking => Err(std::fmt::Error),
            Fails::Panicking => std::future::pending().await,
        }
    }

    /// A loop whose model is none of theirs.
    #[sampling_loop(agent = "weather", provider = "anthropic", model = "claude")]
    async fn run(fails: Fails) {
        let _ = embed(fails).await;
    }

    const EMBEDDINGS: &str = "gen_ai.operation.name=embeddings gen_ai.provider.name=openai gen_ai.request.model=small server.address=api.example.com server.port=I64443";
    const ANSWERED: &str = "gen_ai.operation.name=embeddings gen_ai.provider.name=openai gen_ai.request.model=small gen_ai.response.model=small-2 server.address=api.example.com server.port=I64443";

    fn run_s(telemetry: &Telemetry, calls: u8, ending: &str) -> String {
        let all = everything(telemetry);
        let of_run = [
            "gen_ai.invoke_agent.duration s histogram 0.1 0.2 .. 409.6".to_owned(),
            format!("  {ending}gen_ai.agent.name=weather gen_ai.operation.name=invoke_agent: 1 times"),
            "gen_ai.invoke_agent.inference_calls {inference_call} histogram 1 2 .. 128".to_owned(),
            format!("  gen_ai.agent.name=weather gen_ai.operation.name=invoke_agent: {calls} in 1"),
            "gen_ai.invoke_agent.tool_calls {tool_call} histogram 1 2 .. 128".to_owned(),
            "  gen_ai.agent.name=weather gen_ai.operation.name=invoke_agent: 0 in 1".to_owned(),
        ];
        all.replace(&of_run.join("\n"), "RUN").replace(EMBEDDINGS, "EMBEDDINGS").replace(ANSWERED, "ANSWERED")
    }

    #[tokio::test]
    async fn embeddings_are_timed_as_no_inference_and_have_no_other_metric() {
        let telemetry = Telemetry::on().metered().with(genai());
        run(Fails::Never).await;
        let duration = "gen_ai.client.operation.duration s histogram 0.01 0.02 .. 81.92";
        assert_eq!(run_s(&telemetry, 0, ""), format!("{duration}\n  ANSWERED: 1 times\nRUN\n"));
        let growing = std::iter::successors(Some(0.01), |last| Some(last * 2.0)).take(14).collect::<Vec<f64>>();
        assert_eq!(telemetry.points("gen_ai.client.operation.duration")[0].bounds, growing);
        drop(telemetry);

        let telemetry = Telemetry::off().metered().with(genai());
        run(Fails::Asking).await;
        assert_eq!(run_s(&telemetry, 0, ""), format!("{duration}\n  error.type=fmt::Error EMBEDDINGS: 1 times\nRUN\n"));
        drop(telemetry);

        let telemetry = Telemetry::off().metered().with(genai());
        assert!(futures::FutureExt::now_or_never(run(Fails::Panicking)).is_none());
        let expected = format!("{duration}\n  error.type=cancelled EMBEDDINGS: 1 times\nRUN\n");
        assert_eq!(run_s(&telemetry, 0, "error.type=cancelled "), expected);
    }

    #[tokio::test]
    async fn in_the_prescribed_names_the_tokens_of_embeddings_are_measured() {
        let telemetry = Telemetry::on().metered();
        run(Fails::Never).await;
        let expected = [
            "gen_ai.client.token.usage {token} histogram 1 4 .. 67108864",
            "  gen_ai.operation.name=embeddings gen_ai.provider.name=openai gen_ai.request.model=small gen_ai.response.model=small-2 gen_ai.token.type=input: 12 in 1",
            "mcp.server.operation.duration s histogram 0.01 0.02 .. 300",
            "  mcp.method.name=sampling/createMessage: 1 times",
            "",
        ];
        assert_eq!(everything(&telemetry), expected.join("\n"));
    }

    #[tokio::test]
    async fn other_inferences_are_measured_under_their_name() {
        #[sampling_step(operation = "text_completion", usage = |()| TokenUsage::new(3, 1))]
        async fn complete() {}
        let telemetry = Telemetry::off().metered().with(genai());
        complete().await;
        let text = everything(&telemetry);
        assert_eq!(text.matches("gen_ai.operation.name=text_completion").count(), 5, "{text}");
        assert!(text.starts_with("gen_ai.client.inference.duration s") && !text.contains("chat"), "{text}");
    }

    #[tokio::test]
    async fn a_retrieval_and_a_memory_are_timed_as_no_tool() {
        #[sampling_tool(operation = "retrieval", provider = "pinecone", server_address = "db.example.com", data_source_id = "handbook", name = "look", failed = |()| true)]
        fn retrieve() {}
        #[sampling_tool(operation = "upsert_memory")]
        fn remember() {}
        let telemetry = Telemetry::off().metered().with(genai());
        retrieve();
        remember();
        let expected = [
            "gen_ai.client.operation.duration s histogram 0.01 0.02 .. 81.92",
            "  error.type=_OTHER gen_ai.operation.name=retrieval gen_ai.provider.name=pinecone server.address=db.example.com: 1 times",
            "  gen_ai.operation.name=upsert_memory: 1 times",
            "",
        ];
        assert_eq!(everything(&telemetry), expected.join("\n"));
        drop(telemetry);
        let telemetry = Telemetry::off().metered();
        retrieve();
        remember();
        assert_eq!(everything(&telemetry), "", "as of any tool in the prescribed names");
    }

    #[tokio::test]
    async fn what_a_loop_says_of_its_model_is_measured_of_its_model_alone() {
        #[sampling_step(operation = "embeddings", usage = |()| TokenUsage::new(3, 1))]
        fn embed() {}
        #[sampling_tool(operation = "retrieval")]
        fn retrieve() {}
        #[sampling_loop(provider = "anthropic", model = "claude")]
        fn run() {
            embed();
            retrieve();
        }
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        let settings = genai().with_price(move |provider, model, _| {
            seen.lock().expect("not poisoned").push(format!("{provider:?} {model:?}"));
            None
        });
        let telemetry = Telemetry::on().metered().with(settings);
        run();
        let expected = ["1 of gen_ai.operation.name=embeddings", "1 of gen_ai.operation.name=retrieval"];
        assert_eq!(points(&telemetry, "gen_ai.client.operation.duration"), expected);
        assert_eq!(*asked.lock().expect("not poisoned"), ["None None"], "its price, too");
        drop(telemetry);
        let telemetry = Telemetry::on().metered();
        run();
        let tokens = |kind| format!("1 of gen_ai.operation.name=embeddings gen_ai.token.type={kind}");
        assert_eq!(points(&telemetry, TOKENS), ["input", "output"].map(tokens));
    }

    #[tokio::test]
    async fn tokens_that_nobody_measures_are_not_asked_for() {
        #[sampling_step(operation = "embeddings", response_model = |()| "small-2", usage = |()| { asked.set(true); TokenUsage::default() })]
        fn embed(asked: &Cell<bool>) {}
        let asked = Cell::new(false);
        let telemetry = Telemetry::off().metered().with(genai());
        embed(&asked);
        let expected = ["1 of gen_ai.operation.name=embeddings gen_ai.response.model=small-2"];
        assert_eq!(
            (&points(&telemetry, "gen_ai.client.operation.duration")[..], asked.get()),
            (&expected.map(str::to_owned)[..], false)
        );
    }

    #[tokio::test]
    async fn what_a_model_call_is_for_is_on_no_metric() {
        #[sampling_step(purpose = "compaction", usage = |()| TokenUsage::new(3, 1))]
        async fn summarise() {}
        let telemetry = Telemetry::on().metered().with(genai());
        summarise().await;
        let text = everything(&telemetry);
        assert!(text.contains("gen_ai.client.inference.usage.input_tokens") && !text.contains("compaction"), "{text}");
    }
}

mod streaming {
    use super::*;
    use futures::stream::{self, Stream, StreamExt as _};
    use samplescope::Chunk;

    #[sampling_step(model = "claude", stream, chunk = |text| chunk(text))]
    fn ask(texts: &'static [&'static str]) -> impl Stream<Item = &'static str> {
        stream::iter(texts.iter().copied())
    }

    fn chunk(text: &'static str) -> Chunk<'static> {
        match text {
            "end" => Chunk::new().stop_reason("end_turn").usage(TokenUsage::new(9, 4)).model("claude-1"),
            text => Chunk::new().text(text),
        }
    }

    #[tokio::test]
    async fn the_first_chunk_and_each_that_follows_are_timed() {
        let telemetry = Telemetry::off().metered().with(genai());
        assert_eq!(ask(&["a", "b", "c", "end"]).count().await, 4);
        let expected = [
            "gen_ai.client.inference.duration s histogram 0.01 0.02 .. 81.92",
            "  CHAT: 1 times",
            "gen_ai.client.inference.operation.input_tokens {token} histogram 1 4 .. 67108864",
            "  CHAT: 9 in 1",
            "gen_ai.client.inference.operation.output_tokens {token} histogram 1 4 .. 67108864",
            "  CHAT: 4 in 1",
            "gen_ai.client.inference.time_per_output_chunk s histogram 0.01 0.02 .. 81.92",
            "  CHAT: 2 times",
            "gen_ai.client.inference.time_to_first_chunk s histogram 0.01 0.02 .. 81.92",
            "  CHAT: 1 times",
            "gen_ai.client.inference.usage.input_tokens {token} counter",
            "  CHAT gen_ai.token.modality=unknown: 9",
            "gen_ai.client.inference.usage.output_tokens {token} counter",
            "  CHAT gen_ai.token.modality=unknown: 4",
            "",
        ];
        let chat = "gen_ai.operation.name=chat gen_ai.request.model=claude gen_ai.response.model=claude-1";
        assert_eq!(everything(&telemetry).replace(chat, "CHAT"), expected.join("\n"));
        let bounds = |name| telemetry.points(name)[0].bounds.clone();
        let duration = bounds("gen_ai.client.inference.duration");
        assert_eq!(bounds("gen_ai.client.inference.time_to_first_chunk"), duration);
        assert_eq!(bounds("gen_ai.client.inference.time_per_output_chunk"), duration);
    }

    #[tokio::test]
    async fn one_chunk_is_followed_by_none_and_no_chunk_is_none() {
        let telemetry = Telemetry::off().metered().with(genai());
        assert_eq!(ask(&["", "a", "", "end"]).count().await, 4);
        assert_eq!(telemetry.points("gen_ai.client.inference.time_to_first_chunk")[0].count, 1);
        assert!(telemetry.points("gen_ai.client.inference.time_per_output_chunk").is_empty());
        drop(telemetry);
        let telemetry = Telemetry::off().metered().with(genai());
        assert_eq!(ask(&["end"]).count().await, 1);
        assert!(telemetry.points("gen_ai.client.inference.time_to_first_chunk").is_empty());
    }

    #[tokio::test]
    async fn a_stream_that_was_cancelled_has_the_chunks_that_were_there() {
        let telemetry = Telemetry::off().metered().with(genai());
        assert_eq!(ask(&["a", "b", "c", "d"]).take(3).count().await, 3);
        let count = |name: &str| telemetry.points(name)[0].count;
        assert_eq!(count("gen_ai.client.inference.time_per_output_chunk"), 2);
        let [duration] = &points(&telemetry, "gen_ai.client.inference.duration")[..] else { panic!("one") };
        assert!(duration.starts_with("1 of error.type=cancelled"), "{duration}");
        let chunks = &points(&telemetry, "gen_ai.client.inference.time_to_first_chunk")[0];
        assert!(!chunks.contains("error.type"), "{chunks}");
    }

    #[tokio::test]
    async fn a_stream_without_end_is_timed_up_to_a_limit() {
        #[sampling_step(stream)]
        fn ask(count: usize) -> impl Stream<Item = usize> {
            stream::iter(0..count)
        }
        let telemetry = Telemetry::off().metered().with(genai());
        assert_eq!(ask((1 << 16) + 10).count().await, (1 << 16) + 10);
        assert_eq!(telemetry.points("gen_ai.client.inference.time_per_output_chunk")[0].count, 1 << 16);
    }
}

mod modalities {
    use super::*;
    use samplescope::Modality::{Audio, Image, Text};

    #[sampling_step(usage = |usage| usage)]
    async fn ask(usage: TokenUsage) -> TokenUsage {
        usage
    }

    /// What was counted under which modality.
    async fn counted(usage: TokenUsage, of: &str) -> Vec<(String, f64)> {
        let telemetry = Telemetry::off().metered().with(genai());
        ask(usage).await;
        let modality = |point: &Point| written(&point.attributes).rsplit_once('=').expect("a modality").1.to_owned();
        let points = telemetry.points(&format!("gen_ai.client.inference.usage.{of}"));
        let mut counted: Vec<_> = points.iter().map(|point| (modality(point), point.sum)).collect();
        counted.sort_by(|(one, _), (other, _)| one.cmp(other));
        counted
    }

    fn all(of: &[(&str, f64)]) -> Vec<(String, f64)> {
        of.iter().map(|(modality, sum)| ((*modality).to_owned(), *sum)).collect()
    }

    #[tokio::test]
    async fn each_has_its_tokens_and_what_is_not_broken_down_is_unknown() {
        let some = TokenUsage::new(300, 30).with_modality(Image, 200, None::<u8>).with_modality(Audio, 20, 30);
        assert_eq!(counted(some, "input_tokens").await, all(&[("audio", 20.0), ("image", 200.0), ("unknown", 80.0)]));
        assert_eq!(counted(some, "output_tokens").await, all(&[("audio", 30.0)]), "nothing is left");
        let whole = TokenUsage::new(300, 0).with_modality(Image, 200, 0).with_modality(Text, 100, None::<u8>);
        assert_eq!(counted(whole, "input_tokens").await, all(&[("image", 200.0), ("text", 100.0)]));
        assert_eq!(counted(whole, "output_tokens").await, all(&[("image", 0.0)]), "somebody said so");
    }

    #[tokio::test]
    async fn they_are_never_more_than_there_are() {
        let more = TokenUsage::new(100, 1).with_modality(Image, 200, -1);
        assert_eq!(counted(more, "input_tokens").await, all(&[("unknown", 100.0)]));
        assert_eq!(counted(more, "output_tokens").await, all(&[("unknown", 1.0)]));
        let most = TokenUsage::new(u64::MAX, 1).with_modality(Image, u64::MAX, 1).with_modality(Text, u64::MAX, 1);
        assert_eq!(counted(most, "output_tokens").await, all(&[("unknown", 1.0)]));
        assert_eq!(counted(most, "input_tokens").await.len(), 1);
    }

    #[tokio::test]
    async fn they_count_where_nobody_said_how_many_there_are_in_all() {
        let parts = TokenUsage::new(None::<u8>, None::<u8>).with_modality(Audio, 5, None::<u8>);
        assert_eq!(counted(parts, "input_tokens").await, all(&[("audio", 5.0)]));
        assert_eq!(counted(parts, "output_tokens").await, all(&[("unknown", 0.0)]));
        assert_eq!(counted(parts, "cache_read.input_tokens").await, all(&[]), "a part of another that nobody reported");
    }

    #[tokio::test]
    async fn the_span_says_them_and_a_distribution_does_not() {
        for settings in [Settings::default(), genai()] {
            let telemetry = Telemetry::on().metered().with(settings);
            ask(TokenUsage::new(300, 30).with_modality(Image, 200, None::<u8>).with_modality(Audio, 20, 30)).await;
            let said = telemetry.span().attributes();
            let of = |key: &str| said.get(key).map(String::as_str);
            assert_eq!(of("gen_ai.usage.image.input_tokens"), Some("I64(200)"));
            assert_eq!(of("gen_ai.usage.audio.input_tokens"), Some("I64(20)"));
            assert_eq!(of("gen_ai.usage.audio.output_tokens"), Some("I64(30)"));
            assert_eq!(said.keys().filter(|key| key.starts_with("gen_ai.usage.")).count(), 5);
            let distributed = telemetry.points("gen_ai.client.inference.operation.input_tokens");
            assert!(distributed.iter().all(|point| (point.count, point.sum) == (1, 300.0)));
        }
    }
}

#[tokio::test]
async fn tokens_that_somebody_else_reports_are_not_counted() {
    #[sampling_step(tokens = false, usage = |()| TokenUsage::new(1, 1))]
    async fn ask() {}
    let telemetry = Telemetry::off().metered().with(genai());
    ask().await;
    let names: Vec<String> = telemetry.metrics().into_iter().map(|metric| metric.name).collect();
    assert_eq!(names, ["gen_ai.client.inference.duration"]);
}

mod server {
    use super::*;

    #[sampling_step(server_address = address, server_port = port)]
    async fn ask(address: Option<&str>, port: u16) {}

    #[tokio::test]
    async fn a_model_call_is_measured_with_it_and_a_port_of_nowhere_is_none() {
        let telemetry = Telemetry::off().metered().with(genai());
        ask(Some("api.example.com"), 443).await;
        ask(None, 443).await;
        let expected = [
            "1 of gen_ai.operation.name=chat",
            "1 of gen_ai.operation.name=chat server.address=api.example.com server.port=I64443",
        ];
        assert_eq!(points(&telemetry, "gen_ai.client.inference.duration"), expected);
        let counted = &points(&telemetry, "gen_ai.client.inference.usage.input_tokens")[1];
        assert!(counted.ends_with("server.address=api.example.com server.port=I64443"), "{counted}");
    }

    #[tokio::test]
    async fn the_prescribed_metrics_do_not_know_it() {
        #[sampling_step(server_address = unseen(), server_port = 1 + unseen().len(), usage = |()| TokenUsage::new(1, 1))]
        async fn ask() {}
        fn unseen() -> &'static str {
            unreachable!("no metric carries it")
        }
        let telemetry = Telemetry::off().metered();
        ask().await;
        assert!(!points(&telemetry, TOKENS)[0].contains("server"));
    }

    #[tokio::test]
    async fn ports_are_few() {
        let telemetry = Telemetry::off().metered().with(genai());
        for port in 1..=300 {
            ask(Some("127.0.0.1"), port).await;
        }
        let points = telemetry.points("gen_ai.client.inference.duration");
        assert_eq!(points.len(), 201, "200, and those that were left out");
        assert_eq!(points.iter().find(|point| !point.attributes.contains_key("server.port")).map(|point| point.count), Some(100));
    }
}

#[tokio::test]
async fn a_run_that_asked_no_model_counted_none() {
    #[sampling_loop]
    async fn idle() {}
    let telemetry = Telemetry::off().metered().with(genai());
    idle().await;
    for name in ["gen_ai.invoke_agent.inference_calls", "gen_ai.invoke_agent.tool_calls"] {
        let [point] = &telemetry.points(name)[..] else { panic!("{name}") };
        assert_eq!((point.count, point.sum, &*written(&point.attributes)), (1, 0.0, "gen_ai.operation.name=invoke_agent"));
    }
}

#[tokio::test]
async fn metrics_do_not_depend_on_whether_a_span_is_sampled() {
    let unsampled = || Telemetry::off().sampled(Sampler::AlwaysOff).metered();
    let half = || Telemetry::off().sampled(Sampler::ParentBased(Box::new(Sampler::AlwaysOff))).metered();
    let listening: [(&str, &dyn Fn() -> Telemetry); 4] = [
        ("recorded", &|| Telemetry::on().metered()),
        ("sampled out", &unsampled),
        ("by the parent", &half),
        ("no tracer provider", &|| Telemetry::off().metered()),
    ];
    for settings in [Settings::default(), genai()] {
        let mut seen = Vec::new();
        for (name, listen) in listening {
            let telemetry = listen().with(settings.clone());
            assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
            let names: Vec<String> = telemetry.metrics().into_iter().map(|metric| metric.name).collect();
            let all: Vec<(String, Vec<String>)> =
                names.into_iter().map(|name| (name.clone(), points(&telemetry, &name))).collect();
            seen.push((name, all));
        }
        for (name, all) in &seen[1..] {
            let [mut expected, mut all] = [seen[0].1.clone(), all.clone()];
            expected.sort();
            all.sort();
            assert_eq!(all, expected, "{name}");
        }
    }
}

#[tokio::test]
async fn metrics_are_recorded_while_telemetry_is_suppressed() {
    let telemetry = Telemetry::on().metered();
    {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    }
    telemetry.spans(0);
    assert_eq!(points(&telemetry, OPERATION).len(), 1);
    assert_eq!(points(&telemetry, TOKENS).len(), 2);
}

#[tokio::test]
async fn without_a_number_there_is_no_measurement() {
    let telemetry = Telemetry::on().metered();
    assert!(run("claude", None, Fails::Never).await.is_ok());
    assert!(telemetry.points(TOKENS).is_empty());
    assert!(run("claude", Some(TokenUsage::new(None::<u8>, 3)), Fails::Never).await.is_ok());
    let [output] = &points(&telemetry, TOKENS)[..] else { panic!("{:?}", points(&telemetry, TOKENS)) };
    assert!(output.ends_with("gen_ai.token.type=output"), "{output}");
    assert!(run("claude", Some(TokenUsage::new(0, -1)), Fails::Never).await.is_ok());
    let points = telemetry.points(TOKENS);
    let zero = points.iter().find(|point| written(&point.attributes).ends_with("=input")).expect("a count of 0 is a count");
    assert_eq!((zero.count, zero.sum), (1, 0.0));
    assert_eq!(points.iter().map(|point| point.count).sum::<u64>(), 2, "a negative count is none");
}

#[tokio::test]
async fn tokens_said_by_a_handle_are_measured_unsampled_too() {
    #[sampling_step]
    async fn ask() {
        current_step().usage(TokenUsage::new(7, 8));
        current_step().response_model("claude-2");
    }
    let telemetry = Telemetry::off().sampled(Sampler::AlwaysOff).metered();
    ask().await;
    assert_eq!(points(&telemetry, TOKENS).len(), 2);
    assert!(points(&telemetry, TOKENS)[0].contains("gen_ai.response.model=claude-2"));
}

#[tokio::test]
async fn error_type_is_there_if_and_only_if_it_failed_and_equals_the_span_s() {
    for (settings, names) in [
        (Settings::default(), &[OPERATION][..]),
        (genai(), &["gen_ai.invoke_agent.duration", "gen_ai.client.inference.duration"]),
    ] {
        for fails in [Fails::Never, Fails::Asking, Fails::Panicking] {
            let telemetry = Telemetry::on().metered().with(settings.clone());
            let ended = tokio::spawn(opentelemetry::trace::FutureExt::with_current_context(run("claude", None, fails)));
            assert_eq!(ended.await.is_err(), fails == Fails::Panicking);
            let spans = telemetry.spans_so_far();
            for (name, span) in names.iter().zip(&spans) {
                let [point] = &telemetry.points(name)[..] else { panic!("{name}") };
                let said = span.get("error.type").map(|value| format!("String({:?})", value.as_str()));
                assert_eq!(point.attributes.get("error.type"), said.as_ref(), "{name} {fails:?}");
                assert_eq!(said.is_some(), fails != Fails::Never);
                assert_eq!(span.status() == Status::Unset, fails == Fails::Never);
            }
        }
    }
}

#[tokio::test]
async fn a_step_is_measured_with_what_its_loop_says_unless_it_says_it_itself() {
    #[sampling_loop(provider = "anthropic", model = "claude")]
    async fn run() {
        ask("gpt").await;
        inherits().await;
    }
    #[sampling_step(model = model, usage = |()| TokenUsage::new(1, None::<u8>))]
    async fn ask(model: &str) {}
    #[sampling_step(usage = |()| TokenUsage::new(1, None::<u8>))]
    async fn inherits() {}

    let telemetry = Telemetry::off().metered();
    run().await;
    let step = |model| {
        format!(
            "1 of gen_ai.operation.name=chat gen_ai.provider.name=anthropic gen_ai.request.model={model} gen_ai.token.type=input"
        )
    };
    assert_eq!(points(&telemetry, TOKENS), [step("claude"), step("gpt")]);
}

#[tokio::test]
async fn nothing_unbounded_is_ever_in_a_metric() {
    for settings in [Settings::default(), genai()] {
        let telemetry = Telemetry::on().metered().with(settings.with_capture(samplescope::Capture::SpansAndEvents));
        assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
        let exported = format!("{:?}", telemetry.metrics());
        for unbounded in ["c-1", "t-1", "r-1", "hello", "conversation", "call.id", "messages"] {
            assert!(!exported.contains(unbounded), "{unbounded}");
        }
    }
}

#[tokio::test]
async fn instruments_are_taken_anew_from_a_new_provider_and_for_another_vocabulary() {
    let mut telemetry = Telemetry::off();
    assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    telemetry.install_meter();
    assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    assert_eq!(telemetry.points(OPERATION)[0].count, 1, "a provider that was set late is found");
    telemetry.install_meter();
    assert!(telemetry.metrics().is_empty());
    assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    assert_eq!(telemetry.points(OPERATION)[0].count, 1, "and so is the one after it");
    genai().install();
    assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    assert_eq!(telemetry.points(OPERATION)[0].count, 1);
    assert_eq!(telemetry.points("gen_ai.invoke_agent.duration")[0].count, 1, "settings count from the next loop on");
    Settings::default().install();
    assert!(run("claude", Some(usage()), Fails::Never).await.is_ok());
    assert_eq!(telemetry.points(OPERATION)[0].count, 2);
}

#[tokio::test]
async fn only_what_a_metric_carries_is_evaluated_for_it() {
    #[sampling_loop(agent = unseen(), conversation_id = unseen(), provider = provider, max_tokens = 1 + unseen().len())]
    async fn run(provider: &str) {
        ask().await;
        look("name").await;
    }
    #[sampling_step(response_id = |()| unseen(), stop_reason = |()| unseen(), usage = |()| TokenUsage::new(1, 1))]
    async fn ask() {}
    #[sampling_tool(name = unseen(), call_id = unseen())]
    async fn look(_: &str) {}
    fn unseen() -> &'static str {
        unreachable!("no metric carries it")
    }
    let telemetry = Telemetry::off().metered();
    run("anthropic").await;
    assert!(points(&telemetry, TOKENS)[0].contains("gen_ai.provider.name=anthropic"));
}

#[test]
fn a_handle_reaches_a_step_that_only_a_meter_listens_to_in_a_loop_that_is_not_sampled() {
    #[sampling_loop]
    fn run() {
        ask();
    }
    #[sampling_step]
    fn ask() {
        current_step().usage(TokenUsage::new(3, 3));
    }
    let telemetry = Telemetry::off().sampled(Sampler::AlwaysOff).metered();
    run();
    assert_eq!(telemetry.points(TOKENS).iter().map(|point| point.sum).collect::<Vec<_>>(), [3.0, 3.0]);
}
