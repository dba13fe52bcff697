"""A TCP proxy that can cut or black-hole what passes: the network between us and a PBX, for drills."""

import asyncio
import contextlib

LOOPBACK = "127.0.0.1"
READ_BYTES = 65_536


class Proxy:
    """Listens on a port of its own and passes bytes on to `target` on loopback, both ways."""

    def __init__(self) -> None:
        self.port = 0
        self.target = 0
        self.connections = 0
        self._passing = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Begin to listen."""
        self._passing.set()
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Cut everything and stop."""
        if self._server:
            self._server.close()
        self._passing.set()
        self.cut()

    def cut(self) -> None:
        """Reset every connection."""
        for writer in list(self._open):
            writer.transport.abort()

    def swallow(self) -> None:
        """Let nothing through any more, and tell nobody: a half-open link."""
        self._passing.clear()

    def pass_on(self) -> None:
        """Let everything through again."""
        self._passing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self.target)
            self._open |= {writer, far_writer}
            try:
                await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
            finally:
                self._open -= {writer, far_writer}
                far_writer.close()
        writer.close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(READ_BYTES):
            await self._passing.wait()
            sink.write(data)
            await sink.drain()
        sink.close()
