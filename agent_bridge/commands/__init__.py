"""The `hotline` command's larger parts, one file each; `agent_bridge/cli.py` joins them."""
