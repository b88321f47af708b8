"""Stand-ins for actions that cannot be fetched: same inputs, outputs, messages, protocol.

They run as steps of a workflow, on nothing but the standard library, with the Python
that runs wfgen. Each one's functions are named in `registry` and started by an
`action.yml` that `writer` writes; `resolver` says which actions need a stand-in.
"""
