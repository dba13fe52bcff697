"""What the office set up: settings, queues, menus, hours, prompts and the SOP itself."""
