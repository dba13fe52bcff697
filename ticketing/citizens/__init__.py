"""Citizens without an account, and tickets without a call: by web form, on paper, and how they stand."""
