"""Builds the pages into a wheel; an editable install never does."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PagesHook(BuildHookInterface[Any]):
    """Puts `agent_bridge/web/dist` into the wheel, built anew when its sources changed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before the wheel is packed; `version` tells an editable install from a real one."""
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root)))
        from agent_bridge.pages import ensure_pages

        folder = ensure_pages(lambda _id, en: self.app.display_info(en))
        build_data["force_include"][str(folder)] = "agent_bridge/web/dist"
