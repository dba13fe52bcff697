"""The telephones: providers, menus, prompts and queues."""
