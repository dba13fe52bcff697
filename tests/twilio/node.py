"""A node of its own process: our webhooks over a ledger that others write to as well.

python -m tests.twilio.node FOLDER PORT KEYS
"""

import asyncio
import sys
from pathlib import Path

import uvicorn

from tests.builders import a_desk
from tests.ivr.providers.twilio.test_webhooks import a_node
from ticketing.people.privacy import Vault


async def serve(folder: Path, port: int, keys: str) -> None:
    """Serve until ended."""
    office_key, index_key = (bytes.fromhex(key) for key in keys.split(","))
    async with a_desk(folder, vault=Vault(office_key, index_key)) as desk:
        config = uvicorn.Config(a_node(desk, folder / "sounds"), port=port, log_config=None, lifespan="off")
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
