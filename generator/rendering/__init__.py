"""Settings -> workflow files: templates, YAML text, pinned actions, and the pages that document them."""
