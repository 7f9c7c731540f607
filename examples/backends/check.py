"""Starts Phoenix and MLflow, sends them the agent's runs, and asserts what they show. Called by `run`."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

PHOENIX, MLFLOW = "http://127.0.0.1:6006", "http://127.0.0.1:5001"
VOCABULARIES = {"prescribed": "", "genai": "gen_ai_latest_experimental"}
TOKENS = (2639, 169)  # what the scripted model says in its four steps
CONVERSATION = "trip-4711"
BIN = os.path.dirname(sys.executable)


@contextlib.contextmanager
def server(url, command, **environment):
    """The server, once it answers; stopped whatever happens."""
    name = os.path.basename(command[0])
    if answers(url):
        sys.exit(f"{name}: something else answers at {url} already, and would be asked instead")
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True)
        try:
            for _ in range(120):
                if process.poll() is not None or answers(url):
                    break
                time.sleep(1)
            if process.poll() is not None or not answers(url):
                log.seek(0)
                sys.exit(f"{log.read()}\n{name} does not answer at {url}; above is what it said")
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
            process.wait(30)


def answers(url):
    with contextlib.suppress(OSError):
        urllib.request.urlopen(url, timeout=2).close()
        return True
    return False


def send(endpoint, vocabulary, **environment):
    """One run of the agent. That these backends take no metrics is no failure of the run; whether the spans came, their APIs are asked."""
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_SEMCONV_STABILITY_OPT_IN": VOCABULARIES[vocabulary], **environment}
    run = subprocess.run(["target/debug/agent", "--content"], env={**os.environ, **variables}, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{run.stderr}\nthe agent failed")


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: {got!r}, expected {wanted!r}")
    print(f"ok  {what}")


def ask(path, body=None):
    request = urllib.request.Request(PHOENIX + path, body and json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["data"]


def spans_of(project):
    """The spans of both of the project's runs."""
    spans = []
    for _ in range(30):
        with contextlib.suppress(OSError):
            spans = ask(f"/v1/projects/{project}/spans?limit=100")
            if len(spans) == 16:
                return spans
        time.sleep(1)
    sys.exit(f"Phoenix has {len(spans)} spans of {project}, expected 16")


def parts_unknown_to_phoenix(spans):
    """The messages through Phoenix's own models of the conventions. What none of them knows lands in `GenericPart`, unseen."""
    from phoenix.trace.gen_ai.__generated__.models import GenericPart, InputMessages, OutputMessages

    unknown, seen = [], 0
    for span in spans:
        for key, model in (("gen_ai.input.messages", InputMessages), ("gen_ai.output.messages", OutputMessages)):
            if key in span["attributes"]:
                parts = [part for message in model.model_validate_json(span["attributes"][key]).root for part in message.parts]
                seen += len(parts)
                unknown += [part for part in parts if isinstance(part, GenericPart)]
    return unknown if seen else ["no message at all"]


def check_phoenix(vocabulary):
    both = spans_of(vocabulary)
    latest = max(both, key=lambda span: span["start_time"])["context"]["trace_id"]
    spans = [span for span in both if span["context"]["trace_id"] == latest]
    kinds = sorted(span["span_kind"] for span in spans)
    expect(f"Phoenix, {vocabulary}: kinds", kinds, ["AGENT"] + ["LLM"] * 4 + ["TOOL"] * 3)
    tokens = [sum(span["attributes"].get(f"llm.token_count.{kind}", 0) for span in spans) for kind in ("prompt", "completion")]
    expect(f"Phoenix, {vocabulary}: tokens of the steps", tuple(tokens), TOKENS)
    agent = next(span for span in spans if span["span_kind"] == "AGENT")
    query = f'{{node(id: "{agent["id"]}") {{... on Span {{cumulativeTokenCountPrompt cumulativeTokenCountCompletion}}}}}}'
    total = ask("/graphql", {"query": query})["node"]
    total = (total["cumulativeTokenCountPrompt"], total["cumulativeTokenCountCompletion"])
    expect(f"Phoenix, {vocabulary}: tokens of the run are those of its steps", total, TOKENS)
    errors = [span["name"].split()[-1] for span in spans if span["status_code"] == "ERROR"]
    expect(f"Phoenix, {vocabulary}: the tool that failed is marked", errors, ["travel_time"])
    sessions = {span["attributes"].get("session.id") for span in both}
    expect(f"Phoenix, {vocabulary}: both runs in one session", sessions, {CONVERSATION})
    if vocabulary == "genai":
        calls = [span["attributes"] for span in spans if span["span_kind"] == "LLM"]
        roles = [call.get("llm.output_messages.0.message.role") for call in calls]
        expect("Phoenix, genai: each model call shows its message", roles, ["assistant"] * 4)
        answers = [call["llm.output_messages.0.message.content"] for call in calls if call["llm.finish_reason"] == "stop"]
        expect("Phoenix, genai: the model's answers have their texts", ["leave_at" in answer for answer in answers], [True] * 2)
        shown = [agent["attributes"].get(f"llm.{side}_messages.0.message.content", "")[:5] for side in ("input", "output")]
        expect("Phoenix, genai: the run shows its question and its answer", shown, ["I fly", "Leave"])
        arguments = [bool(span["attributes"].get("gen_ai.tool.call.arguments")) for span in spans if span["span_kind"] == "TOOL"]
        expect("Phoenix, genai: each tool call shows its arguments", arguments, [True] * 3)
        expect("Phoenix, genai: its models know every part of the messages", parts_unknown_to_phoenix(spans), [])
    return agent["context"]["trace_id"]


def check_mlflow():
    os.environ["MLFLOW_TRACKING_URI"] = MLFLOW
    import mlflow

    by_root = {"prescribed": "sampling/createMessage", "genai": "invoke_agent trip-planner"}
    for vocabulary, name in by_root.items():
        for _ in range(30):
            traces = mlflow.search_traces(locations=["0"], return_type="list")
            trace = next((trace for trace in traces if name in [span.name for span in trace.data.spans]), None)
            if trace is not None and len(trace.data.spans) == 8:
                break
            time.sleep(1)
        else:
            sys.exit(f"MLflow has no 8 spans of {name}")
        kinds = sorted(span.span_type for span in trace.data.spans)
        expect(f"MLflow, {vocabulary}: kinds", kinds, ["AGENT"] + ["CHAT_MODEL"] * 4 + ["TOOL"] * 3)
        usage = trace.info.token_usage
        steps = [span.attributes.get("mlflow.chat.tokenUsage") or {} for span in trace.data.spans]
        steps = tuple(sum(step.get(kind, 0) for step in steps) for kind in ("input_tokens", "output_tokens"))
        expect(f"MLflow, {vocabulary}: tokens of the steps", steps, TOKENS)
        expect(f"MLflow, {vocabulary}: tokens of the run are those of its steps", (usage["input_tokens"], usage["output_tokens"]), TOKENS)
        expect(f"MLflow, {vocabulary}: one session", trace.info.trace_metadata.get("mlflow.trace.session"), CONVERSATION)
        errors = [span.name.split()[-1] for span in trace.data.spans if str(span.status.status_code).endswith("ERROR")]
        expect(f"MLflow, {vocabulary}: the tool that failed is marked", errors, ["travel_time"])
        if vocabulary == "genai":
            shown = [bool(span.outputs) for span in trace.data.spans if span.span_type == "CHAT_MODEL"]
            expect("MLflow, genai: each model call shows its message", shown, [True] * 4)
            preview = [f"{side}"[:200] for side in (trace.info.request_preview, trace.info.response_preview)]
            expect("MLflow, genai: the run shows its question and its answer", ["I fly" in preview[0], "Leave at" in preview[1]], [True] * 2)
            inputs = [bool(span.inputs) for span in trace.data.spans if span.span_type == "TOOL"]
            expect("MLflow, genai: each tool call shows its arguments", inputs, [True] * 3)
            return trace.info.trace_id


def screenshot(name, url):
    if not shutil.which("chromium"):
        print(f"--  {name}: no chromium, no screenshot")
        return
    with tempfile.TemporaryDirectory() as profile:
        flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
        target = f"--screenshot=docs/screenshots/{name}.png"
        more = ["--window-size=1400,900", "--virtual-time-budget=20000", "--timeout=30000", f"--user-data-dir={profile}", target, url]
        subprocess.run(["chromium", *flags.split(), *more], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
    print(f"ok  docs/screenshots/{name}.png")


def main():
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as servers:
        phoenix = server(f"{PHOENIX}/healthz", [f"{BIN}/phoenix", "serve"], PHOENIX_WORKING_DIR=folder, PHOENIX_HOST="127.0.0.1",
                         PHOENIX_TELEMETRY_ENABLED="false")
        store = f"sqlite:///{folder}/mlflow.db"
        mlflow = server(f"{MLFLOW}/health", [f"{BIN}/mlflow", "server", "--host", "127.0.0.1", "--port", "5001", "--workers", "1",
                                             "--backend-store-uri", store], MLFLOW_DISABLE_TELEMETRY="true")
        servers.enter_context(phoenix)
        servers.enter_context(mlflow)
        for vocabulary in VOCABULARIES:
            for _ in range(2):
                send(PHOENIX, vocabulary, OTEL_RESOURCE_ATTRIBUTES=f"openinference.project.name={vocabulary}")
            send(MLFLOW, vocabulary, OTEL_EXPORTER_OTLP_HEADERS="x-mlflow-experiment-id=0")
        check_phoenix("prescribed")
        trace = check_phoenix("genai")
        project = next(project["id"] for project in ask("/v1/projects") if project["name"] == "genai")
        shown = check_mlflow()
        screenshot("phoenix", f"{PHOENIX}/projects/{project}/traces/{trace}")
        screenshot("mlflow", f"{MLFLOW}/#/experiments/0/traces?selectedEvaluationId={shown}")


main()
