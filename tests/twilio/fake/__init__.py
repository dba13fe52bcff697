"""A Twilio that behaves as Twilio's documentation says; nothing in it knows our code.

`twilio.py` is what tests use. Each module names the page its behaviour was taken from; where no page says
what happens, the module says "undocumented" and what it does instead.
"""
