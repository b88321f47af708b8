"""Stand-ins for the actions that cannot be fetched.

The same inputs, outputs, messages and protocol.

They run as steps of a workflow, on nothing but the standard library, with the Python
that runs wfgen. Each module's `main` is started by an `action.yml` that
`generator.runner.stand_ins` writes.
"""
