"""Reports over the ledger, and its match with the PBX's own books."""
