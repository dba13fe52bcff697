"""The people: pages, sockets, API and command line; the parts are put together here."""
