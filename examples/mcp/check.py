"""The MCP examples against FastMCP 3.4 and mcp 2.3: what both processes export is received here, and the merged tree asserted.

Arguments: where the programs of the examples are, and where the virtual environments are; then, for less than all, names of scenarios.
"""

import http.server
import os
import pathlib
import subprocess
import sys
import threading

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS, ENVIRONMENTS = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
KINDS = {2: " SERVER", 3: " CLIENT"}


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps the spans that are sent to it."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.spans = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def environment(self, **more):
        endpoint = f"http://127.0.0.1:{self.server_address[1]}"
        return {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", **more}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            import gzip

            body = gzip.decompress(body)
        if self.path == "/v1/traces":
            export = ExportTraceServiceRequest.FromString(body)
            for resource in export.resource_spans:
                service = next(a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
                self.server.spans.extend((service, span) for scope in resource.scope_spans for span in scope.spans)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def said(span):
    return {attribute.key: attribute.value.string_value for attribute in span.attributes}


def tree(spans, root):
    """The tree below the span of that name: name, kind, `✗ error.type` and service, a line each."""
    lines = []

    def branch(service, span, depth):
        failed = f" ✗ {said(span).get('error.type', span.status.message)}" if span.status.code == 2 else ""
        lines.append(f"{'  ' * depth}{span.name}{KINDS.get(span.kind, '')}{failed} [{service}]")
        children = [child for child in spans if child[1].parent_span_id == span.span_id]
        for child in sorted(children, key=lambda child: child[1].start_time_unix_nano):
            branch(*child, depth + 1)

    roots = [(service, span) for service, span in spans if span.name == root]
    assert len(roots) == 1, f"{len(roots)} spans named {root}: {[span.name for _, span in spans]}"
    branch(*roots[0], 0)
    trace = roots[0][1].trace_id
    own = [span for _, span in spans if span.trace_id == trace]
    assert len(own) == len(lines), f"{len(own)} spans of the trace, {len(lines)} of them in the tree"
    return "\n".join(lines) + "\n"


def check(name, receiver, expected):
    actual = tree(receiver.spans, "book a trip")
    print(f"== {name}\n{actual}")
    assert actual == expected.lstrip("\n"), f"{name}: expected\n{expected}"


def run(library, script, *arguments, receiver, **more):
    python = ENVIRONMENTS / library / "bin" / "python"
    command = [python, HERE / script, *arguments]
    subprocess.run(command, env=receiver.environment(**more), check=True, timeout=120, stderr=subprocess.DEVNULL if not os.environ.get("SHOW") else None)


STEP = """
        sampling/createMessage step [samplescope-mcp-server]
          sampling create_message CLIENT [samplescope-mcp-server]
            answer SERVER [fastmcp-client]
""".lstrip("\n")
# A name that is not there is the client's mistake: an error to it, and none to the server.
WITH_FASTMCP = f"""
book a trip [fastmcp-client]
  tools/call plan_trip CLIENT [fastmcp-client]
    tools/call plan_trip SERVER [samplescope-mcp-server]
      sampling/createMessage [samplescope-mcp-server]
{STEP}        sampling.execute_tool flight_status [samplescope-mcp-server]
        sampling.execute_tool travel_time ✗ tool_error [samplescope-mcp-server]
{STEP}  tools/call time_zone CLIENT ✗ tool_error [fastmcp-client]
    tools/call time_zone SERVER ✗ tool_error [samplescope-mcp-server]
  tools/call no_such_tool CLIENT ✗ McpError [fastmcp-client]
    tools/call no_such_tool SERVER [samplescope-mcp-server]
  resources/read CLIENT [fastmcp-client]
    resources/read SERVER [samplescope-mcp-server]
  resources/read CLIENT ✗ McpError [fastmcp-client]
    resources/read SERVER [samplescope-mcp-server]
  prompts/get packing CLIENT [fastmcp-client]
    prompts/get packing SERVER [samplescope-mcp-server]
  prompts/get no_such_prompt CLIENT ✗ McpError [fastmcp-client]
    prompts/get no_such_prompt SERVER [samplescope-mcp-server]
"""


def fastmcp_over_stdio():
    receiver = Receiver()
    run("fastmcp", "fastmcp_client.py", PROGRAMS / "mcp_server", receiver=receiver)
    check("FastMCP 3.4 client, stdio", receiver, WITH_FASTMCP)


def fastmcp_over_http():
    receiver = Receiver()
    environment = receiver.environment(OTEL_SEMCONV_STABILITY_OPT_IN="")
    command = [PROGRAMS / "mcp_server", "--http", "127.0.0.1:0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            url = server.stderr.readline().split()[1]
            run("fastmcp", "fastmcp_client.py", url, receiver=receiver)
        finally:
            server.terminate()
        server.wait(10)
    check("FastMCP 3.4 client, streamable HTTP", receiver, WITH_FASTMCP)
    # What is answered and what is sampled, in the one session.
    own = [span for service, span in receiver.spans if "mcp-server" in service and span.name in ("tools/call plan_trip", "sampling create_message")]
    assert len(own) == 3 and len({said(span)["mcp.session.id"] for span in own}) == 1, [said(span) for span in own]


def mcp_legacy():
    receiver = Receiver()
    run("mcp", "mcp_client.py", "legacy", PROGRAMS / "mcp_server", receiver=receiver)
    expected = """
book a trip [mcp-client]
  MCP send tools/call plan_trip CLIENT [mcp-client]
    tools/call plan_trip SERVER [samplescope-mcp-server]
      sampling/createMessage [samplescope-mcp-server]
        sampling/createMessage step [samplescope-mcp-server]
          sampling create_message CLIENT [samplescope-mcp-server]
            answer [mcp-client]
  MCP send tools/list CLIENT [mcp-client]
    tools/list SERVER [samplescope-mcp-server]
  MCP send tools/call time_zone CLIENT [mcp-client]
    tools/call time_zone SERVER [samplescope-mcp-server]
"""
    check("mcp 2.3 client, legacy", receiver, expected)


def mcp_auto():
    receiver = Receiver()
    run("mcp", "mcp_client.py", "auto", PROGRAMS / "mcp_server", receiver=receiver, OTEL_SEMCONV_STABILITY_OPT_IN="gen_ai_latest_experimental")
    expected = """
book a trip [mcp-client]
  MCP send tools/call time_zone CLIENT [mcp-client]
    tools/call time_zone SERVER [samplescope-mcp-server]
  MCP send tools/list CLIENT [mcp-client]
    tools/list SERVER [samplescope-mcp-server]
"""
    check("mcp 2.3 client, auto", receiver, expected)
    (server,) = [span for service, span in receiver.spans if span.name == "tools/call time_zone" and "mcp-server" in service]
    assert said(server)["mcp.protocol.version"] == "2026-07-28", said(server)


def our_client_and_a_fastmcp_server():
    receiver = Receiver()
    python = ENVIRONMENTS / "fastmcp" / "bin" / "python"
    command = [PROGRAMS / "mcp_client", python, HERE / "fastmcp_server.py"]
    subprocess.run(command, env=receiver.environment(), check=True, timeout=120, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    actual = tree(receiver.spans, "book a trip")
    print(f"== our client, FastMCP 3.4 server\n{actual}")
    assert "\n    tools/call plan_trip SERVER [fastmcp-server]\n" in actual, actual
    assert "\n    sampling create_message SERVER [samplescope-mcp-client]\n      sampling/createMessage step [samplescope-mcp-client]\n" in actual, actual


def error_codes():
    """The same requests in the names of the conventions, which have the codes."""
    receiver = Receiver()
    run("fastmcp", "fastmcp_client.py", PROGRAMS / "mcp_server", receiver=receiver, OTEL_SEMCONV_STABILITY_OPT_IN="gen_ai_latest_experimental")
    answered = [span for service, span in receiver.spans if "mcp-server" in service and span.kind == 2 and span.name != "initialize"]
    codes = [(span.name, said(span).get("rpc.response.status_code"), said(span).get("error.type"), span.status.code) for span in answered]
    print("== error codes, FastMCP 3.4 client", *codes, sep="\n", end="\n\n")
    # A name that is not there has a code, and is no error of the server's.
    assert set(codes) == {
        ("tools/call plan_trip", None, None, 0),
        ("tools/list", None, None, 0),
        ("tools/call time_zone", None, "tool_error", 2),
        ("tools/call no_such_tool", "-32602", None, 0),
        ("resources/read", None, None, 0),
        ("resources/read", "-32002", None, 0),
        ("prompts/get packing", None, None, 0),
        ("prompts/get no_such_prompt", "-32602", None, 0),
    }, codes


def a_python_client_gives_up():
    receiver = Receiver()
    run("fastmcp", "fastmcp_client.py", PROGRAMS / "mcp_server", "cancel", receiver=receiver)
    expected = """
book a trip [fastmcp-client]
  tools/call plan_trip CLIENT [fastmcp-client]
    tools/call plan_trip SERVER ✗ cancelled [samplescope-mcp-server]
      sampling/createMessage ✗ cancelled [samplescope-mcp-server]
        sampling/createMessage step ✗ cancelled [samplescope-mcp-server]
          sampling create_message CLIENT ✗ cancelled [samplescope-mcp-server]
"""
    check("FastMCP 3.4 client that gives up", receiver, expected)


def our_client_gives_up():
    for tool, patience, error in (("wait", "500", "cancelled"), ("no_such_tool", "60000", "tool_error")):
        receiver = Receiver()
        python = ENVIRONMENTS / "fastmcp" / "bin" / "python"
        command = [PROGRAMS / "mcp_client", "--tool", tool, "--patience", patience, python, HERE / "fastmcp_server.py"]
        subprocess.run(command, env=receiver.environment(), timeout=120, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        actual = tree(receiver.spans, "book a trip")
        print(f"== our client asks FastMCP 3.4 for {tool}\n{actual}")
        assert f"\n  tools/call {tool} CLIENT ✗ {error} [samplescope-mcp-client]\n    tools/call {tool} SERVER" in actual, actual


def rust_on_both_sides():
    receiver = Receiver()
    command = [PROGRAMS / "mcp_client", PROGRAMS / "mcp_server"]
    subprocess.run(command, env=receiver.environment(), check=True, timeout=120, stdout=subprocess.DEVNULL)
    step = """
        sampling/createMessage step [samplescope-mcp-server]
          sampling create_message CLIENT [samplescope-mcp-server]
            sampling create_message SERVER [samplescope-mcp-client]
              sampling/createMessage step [samplescope-mcp-client]
""".lstrip("\n")
    expected = f"""
book a trip [samplescope-mcp-client]
  tools/call plan_trip CLIENT [samplescope-mcp-client]
    tools/call plan_trip SERVER [samplescope-mcp-server]
      sampling/createMessage [samplescope-mcp-server]
{step}        sampling.execute_tool flight_status [samplescope-mcp-server]
        sampling.execute_tool travel_time [samplescope-mcp-server]
{step}"""
    check("Rust on both sides", receiver, expected)


SCENARIOS = (rust_on_both_sides, fastmcp_over_stdio, fastmcp_over_http, mcp_legacy, mcp_auto, our_client_and_a_fastmcp_server, error_codes, a_python_client_gives_up, our_client_gives_up)
for scenario in SCENARIOS:
    if not sys.argv[3:] or scenario.__name__ in sys.argv[3:]:
        scenario()
print("all as expected")
