"""A client of mcp 2.3, which has spans of its own. Its arguments: `legacy` or `auto`, and the path of a server's program."""

import asyncio
import os
import sys

import mcp_types
import telemetry
from mcp import Client, StdioServerParameters
from opentelemetry import baggage, context, propagate, trace

provider = telemetry.install("mcp-client")
tracer = trace.get_tracer("travel-app")
tenants = []


async def answer(_, params):
    meta = {key: value for key, value in dict(params.meta or {}).items() if isinstance(value, str)}
    parent = propagate.extract(meta)
    tenants.append(baggage.get_baggage("tenant", parent))
    with tracer.start_as_current_span("answer", context=parent):
        text = mcp_types.TextContent(type="text", text="Leave at 8:20.")
        return mcp_types.CreateMessageResult(role="assistant", model="scripted", stop_reason="endTurn", content=text)


async def main(mode, server):
    parameters = StdioServerParameters(command=server, args=[], env=dict(os.environ))
    client = Client(parameters, sampling_callback=answer, mode=mode, read_timeout_seconds=30)
    async with client:
        token = context.attach(baggage.set_baggage("tenant", "acme"))
        with tracer.start_as_current_span("book a trip"):
            if mode == "legacy":
                result = await client.call_tool("plan_trip", {"question": "When do I leave?"})
                assert result.content[0].text == "Leave at 8:20.", result
                assert tenants == ["acme"], f"baggage came back as {tenants}"
            result = await client.call_tool("time_zone", {"city": "Lisbon"})
            assert result.content[0].text == "Europe/Lisbon", result
        context.detach(token)


asyncio.run(main(*sys.argv[1:]))
provider.shutdown()
