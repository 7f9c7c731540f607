"""A FastMCP server whose tool samples from its client. FastMCP 3.4 sends no context with what it samples."""

import asyncio

import telemetry
from fastmcp import Context, FastMCP

provider = telemetry.install("fastmcp-server")
server = FastMCP("travel")


@server.tool
async def plan_trip(question: str, context: Context) -> str:
    return (await context.sample(question, max_tokens=512)).text


@server.tool
async def wait() -> str:
    await asyncio.sleep(3600)
    return "at last"


server.run(transport="stdio", show_banner=False)
provider.shutdown()
