"""Settings -> workflow files and the pages that document them."""
