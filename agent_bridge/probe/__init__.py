"""`hotline probe`: a call from outside, heard and judged; `ivr/probe/` has its telephone and its ears."""
