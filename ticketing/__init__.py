"""The service desk: facts, the ledger they stand in, tickets, the SOP and its clocks."""
