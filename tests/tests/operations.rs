//! Steps that are no chat, what stands where a tool could, and model calls for something else than the loop does.

use opentelemetry::trace::Status;
use opentelemetry::{Context, Value};
use samplescope::mcp::{Described, Ending, Operation, Side};
use samplescope::{
    Capture, Piece, Settings, StepOperation, TokenUsage, ToolOperation, Vocabulary, current_loop, current_tool, sampling_loop,
    sampling_statements, sampling_step, sampling_tool, start_loop, start_step_as, start_tool_as,
};
use samplescope_tests::{Shown, Span, Telemetry, Without};
use std::cell::Cell;
use std::fmt::{Debug, Write as _};

const VOCABULARIES: [Vocabulary; 2] = [Vocabulary::FastMcp, Vocabulary::GenAi];

fn named(vocabulary: Vocabulary) -> Settings {
    Settings::default().with_vocabulary(vocabulary)
}

fn genai() -> Settings {
    named(Vocabulary::GenAi)
}

/// Each span in a line: its name, its kind, and every attribute but those that say nothing new here.
fn lines(spans: &[Span]) -> String {
    let mut lines = String::new();
    for span in spans {
        write!(lines, "{}, {:?}:", span.name(), span.kind()).expect("a string takes anything");
        for (key, value) in span.attributes() {
            let plain = value.split_once('(').map_or(&*value, |(_, value)| &value[..value.len() - 1]);
            write!(lines, " {key}={}", plain.replace('"', "")).expect("a string takes anything");
        }
        lines.push('\n');
    }
    lines
}

fn number(span: &Span, key: &str) -> Option<i64> {
    span.get(key).map(|value| if let Value::I64(number) = value { number } else { panic!("{value:?}") })
}

#[sampling_step(
    operation = "embeddings",
    provider = "openai",
    model = "text-embedding-3-small",
    server_address = "api.example.com",
    response_model = |_| "text-embedding-3-small-2",
    usage = |vectors| TokenUsage::default().with_input(vectors.len()),
    attributes("gen_ai.embeddings.dimension.count" = 2),
)]
fn embed(texts: &[&str]) -> Vec<[f32; 2]> {
    texts.iter().map(|_| [0.0, 1.0]).collect()
}

#[sampling_tool(
    operation = "retrieval",
    provider = "pinecone",
    data_source_id = "handbook",
    query = query,
    documents = |found| found,
    attributes("gen_ai.retrieval.top_k" = 2),
)]
fn retrieve(query: &str) -> Vec<serde_json::Value> {
    embed(&[query]);
    vec![serde_json::json!({"id": "chapter-4", "score": 0.9})]
}

#[sampling_step(purpose = "compaction", usage = |()| TokenUsage::new(900, 40), stop_reason = |()| "length")]
fn summarise() {}

#[sampling_step(stop_reason = |()| "end_turn")]
fn ask() {}

#[sampling_tool]
fn look() {}

#[sampling_loop(agent = "support", conversation_id = "c-1", provider = "anthropic", model = "claude", temperature = 0.5, max_tokens = 9, answer = |()| "done")]
fn run() {
    ask();
    retrieve("refunds");
    look();
    current_loop().compacted(4, 2);
    embed(&["one", "two"]);
    summarise();
    ask();
    retrieve("returns");
    summarise();
}

/// What every call of the run says of its loop, and what it says that its model is asked for, as short as these lines can bear.
fn shortened(lines: &str) -> String {
    let asked = "gen_ai.request.max_tokens=9 gen_ai.request.model=claude gen_ai.request.temperature=0.5";
    let answer =
        r"gen_ai.output.messages=[{\finish_reason\:\stop\,\parts\:[{\content\:\done\,\type\:\text\}],\role\:\assistant\}]";
    let found = r"gen_ai.retrieval.documents=[{\id\:\chapter-4\,\score\:0.9}]";
    let lines = lines.replace("gen_ai.agent.name=support gen_ai.conversation.id=c-1", "LOOP").replace(asked, "ASKED");
    lines.replace(answer, "ANSWER").replace(found, "FOUND")
}

#[test]
fn a_run_in_the_genai_names() {
    let telemetry = Telemetry::on().with(genai().with_capture(Capture::Spans));
    run();
    let retrieval = |query: &str| {
        format!(
            "retrieval handbook, Client: LOOP gen_ai.data_source.id=handbook gen_ai.operation.name=retrieval gen_ai.provider.name=pinecone FOUND gen_ai.retrieval.query.text={query} gen_ai.retrieval.top_k=2"
        )
    };
    let embeddings = |tokens: u8| {
        format!(
            "embeddings text-embedding-3-small, Client: LOOP gen_ai.embeddings.dimension.count=2 gen_ai.operation.name=embeddings gen_ai.provider.name=openai gen_ai.request.model=text-embedding-3-small gen_ai.response.model=text-embedding-3-small-2 gen_ai.usage.input_tokens={tokens} server.address=api.example.com"
        )
    };
    let summary = "chat claude, Client: fastmcp.sampling.stop_reason=maxTokens LOOP gen_ai.operation.name=chat gen_ai.output.type=text gen_ai.provider.name=anthropic ASKED gen_ai.response.finish_reasons=[length] gen_ai.usage.input_tokens=900 gen_ai.usage.output_tokens=40 samplescope.purpose=compaction";
    let expected = [
        "invoke_agent support, Internal: fastmcp.sampling.iterations=2 LOOP gen_ai.operation.name=invoke_agent ANSWER gen_ai.output.type=text ASKED",
        "chat claude, Client: fastmcp.sampling.iteration=0 fastmcp.sampling.stop_reason=endTurn LOOP gen_ai.operation.name=chat gen_ai.output.type=text gen_ai.provider.name=anthropic ASKED gen_ai.response.finish_reasons=[stop]",
        &retrieval("refunds"),
        &embeddings(1),
        "execute_tool look, Internal: LOOP gen_ai.operation.name=execute_tool gen_ai.tool.name=look gen_ai.tool.type=function",
        &embeddings(2),
        summary,
        "chat claude, Client: fastmcp.sampling.iteration=1 fastmcp.sampling.stop_reason=endTurn gen_ai.agent.name=support gen_ai.conversation.compacted=true gen_ai.conversation.id=c-1 gen_ai.operation.name=chat gen_ai.output.type=text gen_ai.provider.name=anthropic ASKED gen_ai.response.finish_reasons=[stop]",
        &retrieval("returns"),
        &embeddings(1),
        summary,
        "",
    ];
    assert_eq!(shortened(&lines(&telemetry.spans(11))), expected.join("\n"));
}

#[test]
fn a_run_in_the_prescribed_names() {
    let telemetry = Telemetry::on().with(named(Vocabulary::FastMcp).with_capture(Capture::Spans));
    run();
    let retrieval = |query: &str| {
        format!(
            "sampling.retrieval handbook, Internal: LOOP gen_ai.data_source.id=handbook gen_ai.operation.name=retrieval gen_ai.provider.name=pinecone FOUND gen_ai.retrieval.query.text={query} gen_ai.retrieval.top_k=2"
        )
    };
    let embeddings = |tokens: u8| {
        format!(
            "sampling.embeddings text-embedding-3-small, Internal: LOOP gen_ai.embeddings.dimension.count=2 gen_ai.operation.name=embeddings gen_ai.provider.name=openai gen_ai.request.model=text-embedding-3-small gen_ai.response.model=text-embedding-3-small-2 gen_ai.usage.input_tokens={tokens} server.address=api.example.com"
        )
    };
    let summary = "sampling/createMessage step, Internal: fastmcp.sampling.stop_reason=maxTokens LOOP gen_ai.operation.name=chat gen_ai.provider.name=anthropic ASKED gen_ai.response.finish_reasons=[length] gen_ai.usage.input_tokens=900 gen_ai.usage.output_tokens=40 samplescope.purpose=compaction";
    let expected = [
        "sampling/createMessage, Internal: fastmcp.sampling.iterations=2 LOOP gen_ai.operation.name=invoke_agent gen_ai.provider.name=anthropic ASKED mcp.method.name=sampling/createMessage",
        "sampling/createMessage step, Internal: fastmcp.sampling.iteration=0 fastmcp.sampling.stop_reason=endTurn LOOP gen_ai.operation.name=chat gen_ai.provider.name=anthropic ASKED gen_ai.response.finish_reasons=[stop]",
        &retrieval("refunds"),
        &embeddings(1),
        "sampling.execute_tool look, Internal: LOOP gen_ai.operation.name=execute_tool gen_ai.tool.name=look gen_ai.tool.type=function",
        &embeddings(2),
        summary,
        "sampling/createMessage step, Internal: fastmcp.sampling.iteration=1 fastmcp.sampling.stop_reason=endTurn gen_ai.agent.name=support gen_ai.conversation.compacted=true gen_ai.conversation.id=c-1 gen_ai.operation.name=chat gen_ai.provider.name=anthropic ASKED gen_ai.response.finish_reasons=[stop]",
        &retrieval("returns"),
        &embeddings(1),
        summary,
        "",
    ];
    assert_eq!(shortened(&lines(&telemetry.spans(11))), expected.join("\n"));
}

mod counted {
    use super::*;

    #[test]
    fn a_loop_counts_neither_what_is_no_chat_nor_what_is_no_tool() {
        for vocabulary in VOCABULARIES {
            let telemetry = Telemetry::on().metered().with(named(vocabulary));
            run();
            let spans = telemetry.spans(11);
            assert_eq!(number(&spans[0], "fastmcp.sampling.iterations"), Some(2), "{vocabulary:?}");
            let numbered: Vec<i64> = spans.iter().filter_map(|span| number(span, "fastmcp.sampling.iteration")).collect();
            assert_eq!(numbered, [0, 1]);
        }
    }

    #[test]
    fn a_model_call_for_something_else_is_a_model_call_all_the_same() {
        let telemetry = Telemetry::off().metered().with(genai());
        run();
        let sum = |name: &str| telemetry.points(name).iter().map(|point| point.sum).collect::<Vec<_>>();
        assert_eq!(sum("gen_ai.invoke_agent.inference_calls"), [4.0]);
        assert_eq!(sum("gen_ai.invoke_agent.tool_calls"), [1.0]);
        assert_eq!(sum("gen_ai.client.inference.usage.input_tokens"), [1800.0], "its tokens are spent");
    }

    #[sampling_step(purpose = "title", attempt = 1)]
    fn again() {}

    #[test]
    fn what_is_asked_again_for_something_else_is_no_retry_of_the_loop_s() {
        #[sampling_loop]
        fn run() {
            again();
            ask();
            again();
            ask();
        }
        let telemetry = Telemetry::on();
        run();
        let spans = telemetry.spans(5);
        let numbered: Vec<_> = spans[1..].iter().map(|span| number(span, "fastmcp.sampling.iteration")).collect();
        assert_eq!(numbered, [None, Some(0), None, Some(1)]);
        assert_eq!(number(&spans[0], "fastmcp.sampling.iterations"), Some(2));
    }

    #[test]
    fn what_nobody_hears_is_counted_as_what_is_heard() {
        use opentelemetry::trace::{Tracer as _, TracerProvider as _};
        #[sampling_loop(capture = allowed)]
        fn run(allowed: bool, inside: &dyn Fn()) {
            embed(&["one"]);
            start_step_as(StepOperation::EMBEDDINGS, |_| ()).end();
            summarise();
            start_step_as(StepOperation::CHAT.with_purpose("title"), |_| ()).end();
            ask();
            inside();
        }
        // A loop that forbids content is one that is known inside, although nothing else is asked of it.
        let mut telemetry = Telemetry::off().with(Settings::default().with_capture(Capture::Spans));
        let provider = telemetry.install(Without::new("sampling/createMessage"));
        run(false, &|| provider.tracer("own").in_span("own", |_| ask()));
        let [own, step] = telemetry.spans(2).try_into().expect("two");
        assert_eq!((own.name(), number(&step, "fastmcp.sampling.iteration")), ("own", Some(1)));
    }
}

mod content {
    use super::*;

    fn keys(vocabulary: Vocabulary, pieces: &[Piece]) -> Vec<String> {
        let settings = named(vocabulary).with_capture(Capture::Spans).with_capture_only(pieces.iter().copied());
        let telemetry = Telemetry::on().with(settings);
        retrieve("refunds");
        let is_content = |key: &String| key.ends_with("query.text") || key.ends_with(".documents");
        telemetry.spans(2)[0].attributes().into_keys().filter(is_content).collect()
    }

    #[test]
    fn what_was_looked_for_and_found_is_captured_as_what_a_tool_is_given_and_gives_back() {
        for vocabulary in VOCABULARIES {
            assert_eq!(keys(vocabulary, &[Piece::ToolArguments]), ["gen_ai.retrieval.query.text"]);
            assert_eq!(keys(vocabulary, &[Piece::ToolResult]), ["gen_ai.retrieval.documents"]);
            assert!(keys(vocabulary, &[Piece::Input, Piece::Output]).is_empty());
            let telemetry = Telemetry::on().with(named(vocabulary).with_capture(Capture::Events));
            retrieve("refunds");
            assert!(!lines(&telemetry.spans(2)).contains("refunds"), "it is on spans or nowhere");
        }
    }

    #[test]
    fn nothing_of_it_is_asked_for_until_somebody_wants_content() {
        #[sampling_tool(operation = "retrieval", query = { asked.set(asked.get() + 1); "refunds" }, documents = |()| asked.set(asked.get() + 1))]
        fn retrieve(asked: &Cell<u32>) {}
        let asked = Cell::new(0);
        let telemetry = Telemetry::on().metered();
        retrieve(&asked);
        assert_eq!((asked.get(), telemetry.span().attributes().len()), (0, 1));
        drop(telemetry);
        let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans));
        retrieve(&asked);
        assert_eq!(asked.get(), 2);
        assert!(!lines(&telemetry.spans(1)).contains("documents"), "nothing was found");
    }

    #[test]
    fn what_was_looked_for_and_found_share_a_budget() {
        #[sampling_tool(operation = "retrieval", query = "tea ".repeat(99), documents = |()| ["coffee"; 30])]
        fn retrieve() {}
        let settings = || genai().with_capture(Capture::Spans).with_content_budget(400);
        let telemetry = Telemetry::on().with(settings());
        retrieve();
        let call = start_tool_as(ToolOperation::RETRIEVAL, |_| ());
        call.query("tea ".repeat(99));
        call.documents(["coffee"; 30]);
        call.end();
        for span in telemetry.spans(2) {
            let said = |key| span.get(key).expect("captured").to_string();
            let (query, found) = (said("gen_ai.retrieval.query.text"), said("gen_ai.retrieval.documents"));
            assert!(query.starts_with("tea ") && query.chars().count() <= 200, "{query}");
            assert!(found.contains("co…") && found.chars().count() <= 200, "{found}");
            assert!(serde_json::from_str::<serde_json::Value>(&found).is_ok(), "{found}");
        }
    }

    #[test]
    fn of_what_is_no_tool_there_are_no_arguments_and_no_result() {
        #[sampling_tool(operation = "retrieval")]
        fn retrieve() {
            current_tool().arguments("given");
            current_tool().result("given back");
        }
        let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans));
        retrieve();
        assert_eq!(lines(&telemetry.spans(1)), "sampling.retrieval, Internal: gen_ai.operation.name=retrieval\n");
    }

    #[test]
    fn a_handle_says_it_where_the_argument_does_not() {
        #[sampling_tool(operation = "search_memory", documents = |found| found.first())]
        fn search() -> Vec<&'static str> {
            current_tool().query("tea or coffee");
            current_tool().documents(["late"]);
            vec!["tea"]
        }
        #[sampling_tool]
        fn tool() {
            current_tool().query("nothing of a tool's");
            current_tool().documents(["nothing of a tool's"]);
        }
        for vocabulary in VOCABULARIES {
            let telemetry = Telemetry::on().with(named(vocabulary).with_capture(Capture::Spans));
            search();
            tool();
            let [search, tool] = telemetry.spans(2).try_into().expect("two");
            assert_eq!(search.get("gen_ai.memory.query.text"), Some("tea or coffee".into()));
            assert_eq!(search.get("gen_ai.memory.records"), Some("\"tea\"".into()));
            assert!(!format!("{tool:?}").contains("nothing of a tool's"));
        }
    }
}

mod names {
    use super::*;

    macro_rules! operations {
        ($attribute:ident: $($name:literal)*) => {
            [$(($name, {
                #[$attribute(operation = $name)]
                fn call() {}
                call as fn()
            })),*]
        };
    }

    /// Its only span in either vocabulary: name, kind, attributes.
    fn spans(call: fn()) -> [String; 2] {
        VOCABULARIES.map(|vocabulary| {
            let telemetry = Telemetry::on().with(named(vocabulary));
            call();
            lines(&telemetry.spans(1))
        })
    }

    #[test]
    fn every_operation_has_its_word_in_either_vocabulary() {
        for (name, call) in operations! { sampling_step: "chat" "generate_content" "text_completion" } {
            let [prescribed, genai] = spans(call);
            assert_eq!(prescribed, format!("sampling/createMessage step, Internal: gen_ai.operation.name={name}\n"));
            assert_eq!(genai, format!("{name}, Client: gen_ai.operation.name={name}\n"));
        }
        let others = operations! { sampling_tool:
            "retrieval" "search_memory" "create_memory" "update_memory" "upsert_memory" "delete_memory" "create_memory_store" "delete_memory_store"
        };
        for (name, call) in operations! { sampling_step: "embeddings" }.into_iter().chain(others) {
            let [prescribed, genai] = spans(call);
            assert_eq!(prescribed, format!("sampling.{name}, Internal: gen_ai.operation.name={name}\n"));
            assert_eq!(genai, format!("{name}, Client: gen_ai.operation.name={name}\n"));
        }
        let [(_, tool)] = operations! { sampling_tool: "execute_tool" };
        let [prescribed, genai] = spans(tool);
        let said = "Internal: gen_ai.operation.name=execute_tool gen_ai.tool.name=call gen_ai.tool.type=function\n";
        assert_eq!(prescribed, format!("sampling.execute_tool call, {said}"));
        assert_eq!(genai, format!("execute_tool call, {said}"));
    }

    #[test]
    fn by_hand_they_are_the_same() {
        let steps =
            [StepOperation::CHAT, StepOperation::GENERATE_CONTENT, StepOperation::TEXT_COMPLETION, StepOperation::EMBEDDINGS];
        let tools = [
            ToolOperation::RETRIEVAL,
            ToolOperation::SEARCH_MEMORY,
            ToolOperation::CREATE_MEMORY,
            ToolOperation::UPDATE_MEMORY,
            ToolOperation::UPSERT_MEMORY,
            ToolOperation::DELETE_MEMORY,
            ToolOperation::CREATE_MEMORY_STORE,
            ToolOperation::DELETE_MEMORY_STORE,
        ];
        let telemetry = Telemetry::on().with(genai());
        for operation in steps {
            start_step_as(operation, |_| ()).end();
        }
        for operation in tools {
            start_tool_as(operation, |_| ()).end();
        }
        let names: Vec<String> = telemetry.spans(12).iter().map(|span| span.name().to_owned()).collect();
        let expected = "chat generate_content text_completion embeddings retrieval search_memory create_memory update_memory upsert_memory \
                        delete_memory create_memory_store delete_memory_store";
        assert_eq!(names.join(" "), expected);
    }
}

mod by_hand {
    use super::*;

    #[test]
    fn a_call_says_what_an_attribute_says() {
        #[sampling_loop(
            agent = "support",
            conversation_id = "c-1",
            provider = "anthropic",
            model = "claude",
            temperature = 0.5,
            max_tokens = 9
        )]
        fn attributed() {
            ask();
            retrieve("refunds");
            summarise();
        }
        let settings = || genai().with_capture(Capture::Spans);
        let telemetry = Telemetry::on().with(settings());
        attributed();
        let attributed = lines(&telemetry.spans(5));
        drop(telemetry);

        let telemetry = Telemetry::on().with(settings());
        let run = start_loop(|run| {
            run.agent("support");
            run.conversation_id("c-1");
            run.provider("anthropic");
            run.model("claude");
            run.temperature(&0.5);
            run.max_tokens(&9);
        });
        let asked = run.step(|_| ());
        asked.stop_reason("end_turn");
        asked.end();
        let retrieval = run.tool_as(ToolOperation::RETRIEVAL, |retrieval| {
            retrieval.provider("pinecone");
            retrieval.data_source_id("handbook");
            retrieval.attribute("gen_ai.retrieval.top_k", &2);
            retrieval.query("refunds");
        });
        let embeddings = {
            let _inside = retrieval.enter();
            start_step_as(StepOperation::EMBEDDINGS, |step| {
                step.provider("openai");
                step.model("text-embedding-3-small");
                step.server_address("api.example.com");
                step.attribute("gen_ai.embeddings.dimension.count", &2);
            })
        };
        embeddings.response_model("text-embedding-3-small-2");
        embeddings.usage(TokenUsage::default().with_input(1));
        embeddings.end();
        retrieval.documents([serde_json::json!({"id": "chapter-4", "score": 0.9})]);
        retrieval.end();
        let summary = run.step_as(StepOperation::CHAT.with_purpose("compaction"), |_| ());
        summary.usage(TokenUsage::new(900, 40));
        summary.stop_reason("length");
        summary.end();
        run.end();
        assert_eq!(lines(&telemetry.spans(5)), attributed);
    }

    #[test]
    fn of_a_step_there_is_what_there_is_of_a_loop() {
        let telemetry = Telemetry::on().with(genai());
        let run = start_loop(|_| ());
        let step = run.step(|_| ());
        step.tool_as(ToolOperation::DELETE_MEMORY, |_| ()).end();
        step.end();
        run.end();
        assert_eq!(telemetry.tree(), "invoke_agent\n  chat\n    delete_memory\n");
    }
}

#[test]
fn a_statement_is_another_operation_as_a_function_is() {
    fn vectors(count: usize) -> Result<TokenUsage, ()> {
        if count > 0 { Ok(TokenUsage::default().with_input(count)) } else { Err(()) }
    }
    #[sampling_statements]
    fn run() -> Result<(), ()> {
        #[sampling_step(operation = "embeddings", model = "small", usage = |usage| usage)]
        let _usage = vectors(3)?;
        #[sampling_step(purpose = "title")]
        ask_nobody();
        #[sampling_tool(operation = "retrieval", data_source_id = "handbook")]
        let _ = vectors(3)?;
        Ok(())
    }
    fn ask_nobody() {}
    let telemetry = Telemetry::on().with(genai());
    assert!(run().is_ok());
    let expected = [
        "embeddings small, Client: gen_ai.operation.name=embeddings gen_ai.request.model=small gen_ai.usage.input_tokens=3",
        "chat, Client: gen_ai.operation.name=chat samplescope.purpose=title",
        "retrieval handbook, Client: gen_ai.data_source.id=handbook gen_ai.operation.name=retrieval",
        "",
    ];
    assert_eq!(lines(&telemetry.spans(3)), expected.join("\n"));
}

#[test]
fn a_span_that_was_adopted_is_another_operation_too() {
    use opentelemetry::trace::Tracer as _;
    #[sampling_step(span = current, operation = "embeddings", purpose = "index")]
    fn embed() {}
    #[sampling_loop]
    fn run() {
        opentelemetry::global::tracer("client").in_span("POST /embeddings", |_| embed());
        ask();
    }
    let telemetry = Telemetry::on();
    run();
    let [run, client, step] = telemetry.spans(3).try_into().expect("three");
    assert_eq!(number(&run, "fastmcp.sampling.iterations"), Some(1));
    assert_eq!(number(&step, "fastmcp.sampling.iteration"), Some(0));
    assert_eq!(lines(&[client]), "POST /embeddings, Internal: gen_ai.operation.name=embeddings samplescope.purpose=index\n");
}

#[test]
fn a_sampler_sees_what_a_call_is_and_what_it_is_for() {
    let seen = |metered| {
        let sampler = Without::nothing();
        let telemetry = Telemetry::off().sampled(sampler.clone()).with(genai());
        let _telemetry = if metered { telemetry.metered() } else { telemetry };
        retrieve("refunds");
        summarise();
        let line = |Shown { name, kind, attributes }: Shown| {
            let attributes: Vec<String> = attributes.iter().map(|said| format!("{}={}", said.key, said.value)).collect();
            format!("{name}, {kind:?}: {}", attributes.join(" "))
        };
        sampler.shown().into_iter().map(line).collect::<Vec<_>>()
    };
    let shown = seen(false);
    assert_eq!(
        shown,
        [
            "retrieval handbook, Client: gen_ai.operation.name=retrieval gen_ai.provider.name=pinecone gen_ai.data_source.id=handbook gen_ai.retrieval.top_k=2",
            "embeddings text-embedding-3-small, Client: gen_ai.operation.name=embeddings gen_ai.provider.name=openai gen_ai.request.model=text-embedding-3-small server.address=api.example.com gen_ai.embeddings.dimension.count=2",
            "chat, Client: gen_ai.operation.name=chat samplescope.purpose=compaction",
        ]
    );
    assert_eq!(seen(true), shown);
}

#[test]
fn the_answer_s_finish_reason_is_that_of_the_last_step_of_the_loop_s_own() {
    let telemetry = Telemetry::on().with(Settings::default().with_capture(Capture::Spans));
    run();
    let events = telemetry.spans(11)[0].events();
    let (_, choice) = events.iter().find(|(name, _)| name == "gen_ai.choice").expect("the answer");
    assert_eq!(choice["finish_reason"], "String(\"stop\")");
}

#[test]
fn what_is_no_tool_fails_as_no_tool() {
    #[sampling_tool(operation = "retrieval", failed = |()| true)]
    fn retrieve() {}
    let telemetry = Telemetry::on();
    retrieve();
    let span = telemetry.span();
    assert_eq!((span.status(), span.get("error.type")), (Status::error(""), Some("_OTHER".into())));
}

#[test]
fn a_request_to_an_mcp_server_has_a_span_of_its_own_in_what_is_no_tool() {
    #[sampling_tool(operation = "retrieval")]
    fn retrieve() {
        let described = Described { method: "tools/call", tool: Some("search"), ..Described::default() };
        Operation::start(Side::Sender, &described, &Context::current()).end(&Ending::Returned);
    }
    let telemetry = Telemetry::on().with(genai());
    retrieve();
    assert_eq!(telemetry.tree(), "retrieval\n  tools/call search\n");
}

#[test]
fn where_nobody_listens_nothing_is_asked() {
    fn never<T: Debug>(value: T) -> T {
        panic!("evaluated: {value:?}")
    }
    #[sampling_tool(operation = "retrieval", data_source_id = never("a"), query = never("b"), documents = |()| never(1))]
    fn retrieve() {}
    #[sampling_step(operation = "embeddings", purpose = "index", model = never("c"))]
    fn embed() {}
    #[sampling_loop]
    fn run() {
        retrieve();
        embed();
        start_tool_as(ToolOperation::RETRIEVAL, |_| never(())).end();
        start_step_as(StepOperation::EMBEDDINGS, |_| never(())).end();
    }
    let telemetry = Telemetry::off();
    run();
    retrieve();
    embed();
    telemetry.spans(0);
}
