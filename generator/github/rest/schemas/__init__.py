"""What REST shows of each kind of record: one builder a schema of GitHub's description.

Every operation that shows a record uses its builder, so no answer lacks a required key;
`tests/contract/rest/test_contract_description.py` holds the answers to the description.
"""
