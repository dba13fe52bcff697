"""The FAQ book of SOP step 8: its articles in every version, and how they are found."""
