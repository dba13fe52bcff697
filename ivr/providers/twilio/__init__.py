"""Everything that knows Twilio's words."""
