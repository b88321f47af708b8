"""Pull requests whose head is a branch that is going away."""

from __future__ import annotations

from ...context import AppContext

# A kind of documents; the rest about them is in `rest/pulls`.
PULL = "pull"
_HEADS = "refs/heads/"


def close_pulls(context: AppContext, ref: str) -> None:
    """Close the open pull requests of a branch, as GitHub does when it is deleted."""
    if not ref.startswith(_HEADS):
        return
    branch = ref.removeprefix(_HEADS)
    for document in context.documents.list_all(PULL):
        number = int(document.key)
        if document.read_text("head") != branch:
            continue
        if context.issues.get(number).state != "open":
            continue
        base = f"{_HEADS}{document.read_text('base')}"
        # Where the branches are now is where they stay for it.
        ends = {
            "head_sha": context.git.resolve(ref),
            "base_sha": context.git.resolve(base) or document.read_text("base_sha"),
        }
        context.documents.change(document, ends)
        context.issues.update(number, {"state": "closed"})
