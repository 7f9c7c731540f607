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
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        for _ in range(120):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url, timeout=2).close()
                break
            time.sleep(1)
        else:
            sys.exit(f"{command[0]} does not answer at {url}")
        yield
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


def send(endpoint, vocabulary, **environment):
    """One run of the agent. That these backends take no metrics is no failure of the run."""
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_SEMCONV_STABILITY_OPT_IN": VOCABULARIES[vocabulary], **environment}
    subprocess.run(
        ["target/debug/agent", "--content"], env={**os.environ, **variables}, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: {got!r}, expected {wanted!r}")
    print(f"ok  {what}")


def spans_of(project):
    for _ in range(30):
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"{PHOENIX}/v1/projects/{project}/spans?limit=100") as answer:
                spans = json.load(answer)["data"]
                if len(spans) == 8:
                    return spans
        time.sleep(1)
    sys.exit(f"Phoenix has no 8 spans of {project}")


def check_phoenix(vocabulary):
    spans = spans_of(vocabulary)
    kinds = sorted(span["span_kind"] for span in spans)
    expect(f"Phoenix, {vocabulary}: kinds", kinds, ["AGENT"] + ["LLM"] * 4 + ["TOOL"] * 3)
    tokens = [sum(span["attributes"].get(f"llm.token_count.{kind}", 0) for span in spans) for kind in ("prompt", "completion")]
    expect(f"Phoenix, {vocabulary}: tokens counted once", tuple(tokens), TOKENS)
    errors = [span["name"].split()[-1] for span in spans if span["status_code"] == "ERROR"]
    expect(f"Phoenix, {vocabulary}: the tool that failed is marked", errors, ["travel_time"])
    sessions = {span["attributes"].get("session.id") for span in spans}
    expect(f"Phoenix, {vocabulary}: one session", sessions, {CONVERSATION})
    if vocabulary == "genai":
        texts = [span["attributes"].get("llm.output_messages.0.message.content") for span in spans if span["span_kind"] == "LLM"]
        expect("Phoenix, genai: each model call shows its message", [text is not None for text in texts], [True] * 4)
        agent = next(span for span in spans if span["span_kind"] == "AGENT")["attributes"]
        expect("Phoenix, genai: the run shows its question", agent.get("llm.input_messages.0.message.role"), "user")
    return next(span for span in spans if span["span_kind"] == "AGENT")["context"]["trace_id"]


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
        expect(f"MLflow, {vocabulary}: tokens counted once", (usage["input_tokens"], usage["output_tokens"]), TOKENS)
        expect(f"MLflow, {vocabulary}: one session", trace.info.trace_metadata.get("mlflow.trace.session"), CONVERSATION)
        errors = [span.name.split()[-1] for span in trace.data.spans if str(span.status.status_code).endswith("ERROR")]
        expect(f"MLflow, {vocabulary}: the tool that failed is marked", errors, ["travel_time"])
        if vocabulary == "genai":
            shown = [bool(span.outputs) for span in trace.data.spans if span.span_type == "CHAT_MODEL"]
            expect("MLflow, genai: each model call shows its message", shown, [True] * 4)
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
            send(PHOENIX, vocabulary, OTEL_RESOURCE_ATTRIBUTES=f"openinference.project.name={vocabulary}")
            send(MLFLOW, vocabulary, OTEL_EXPORTER_OTLP_HEADERS="x-mlflow-experiment-id=0")
        check_phoenix("prescribed")
        trace = check_phoenix("genai")
        projects = json.load(urllib.request.urlopen(f"{PHOENIX}/v1/projects"))["data"]
        project = next(project["id"] for project in projects if project["name"] == "genai")
        shown = check_mlflow()
        screenshot("phoenix", f"{PHOENIX}/projects/{project}/traces/{trace}")
        screenshot("mlflow", f"{MLFLOW}/#/experiments/0/traces?selectedEvaluationId={shown}")


main()
