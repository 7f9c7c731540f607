"""A FastMCP client whose host answers what the server samples. Its arguments: a URL, or the path of a server's program; then, to give up the plan
while its host is asked, `cancel`.

FastMCP 3.4 has no span for what its client is asked, and does not extract the context that comes with it: the host does both.
"""

import asyncio
import os
import sys

import mcp.types
import telemetry
from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind

provider = telemetry.install("fastmcp-client")
tracer = trace.get_tracer("travel-app")


asked = asyncio.Event()


async def never(messages, params, context):
    asked.set()
    await asyncio.Event().wait()


async def answer(messages, params, context):
    meta = params.meta.model_dump(exclude_none=True) if params.meta else {}
    parent = propagate.extract({key: value for key, value in meta.items() if isinstance(value, str)})
    with tracer.start_as_current_span("answer", context=parent, kind=SpanKind.SERVER):
        blocks = [block for message in messages for block in (message.content if isinstance(message.content, list) else [message.content])]
        if any(isinstance(block, mcp.types.ToolResultContent) for block in blocks):
            text = mcp.types.TextContent(type="text", text="Leave at 8:20.")
            return mcp.types.CreateMessageResultWithTools(role="assistant", model="scripted", stopReason="endTurn", content=[text])
        calls = [
            mcp.types.ToolUseContent(type="tool_use", id="1", name="flight_status", input={"flight": "TP 1351"}),
            # An argument is missing: the loop goes on.
            mcp.types.ToolUseContent(type="tool_use", id="2", name="travel_time", input={}),
        ]
        return mcp.types.CreateMessageResultWithTools(role="assistant", model="scripted", stopReason="toolUse", content=calls)


async def attempt(request):
    """What the server refuses is a part of what is checked."""
    try:
        return await request
    except Exception as error:  # noqa: BLE001
        return error


async def give_up(client):
    """As the protocol has it: the notification names the request, which the session numbers."""
    with tracer.start_as_current_span("book a trip"):
        number = client.session._request_id
        calling = asyncio.create_task(client.call_tool("plan_trip", {"question": "When do I leave?"}))
        await asked.wait()
        await client.cancel(number, "no longer wanted")
        # There is no answer to what was cancelled.
        await asyncio.wait([calling], timeout=1)
        calling.cancel()


async def main(server, mode=None):
    transport = StreamableHttpTransport(server) if server.startswith("http") else StdioTransport(server, [], keep_alive=False, env=dict(os.environ))
    capabilities = mcp.types.SamplingCapability(tools=mcp.types.SamplingToolsCapability())
    handler = never if mode == "cancel" else answer
    client = Client(transport, sampling_handler=handler, sampling_capabilities=capabilities, timeout=30)
    async with client:
        if mode == "cancel":
            return await give_up(client)
        with tracer.start_as_current_span("book a trip"):
            result = await client.call_tool("plan_trip", {"question": "When do I leave?"})
            assert result.content[0].text == "Leave at 8:20.", result
            await attempt(client.call_tool("time_zone", {"city": "Atlantis"}))
            await attempt(client.call_tool("no_such_tool", {}))
            await client.read_resource("travel://timetable")
            await attempt(client.read_resource("travel://nowhere"))
            await client.get_prompt("packing", {"to": "Lisbon"})
            await attempt(client.get_prompt("no_such_prompt", {}))


asyncio.run(main(*sys.argv[1:]))
provider.shutdown()
