"""What a rule of our own is: a name, a text for its readers, and a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ...findings import Finding
from ...workflow.source import YamlDocument

if TYPE_CHECKING:
    from ...workflow.model import Workflow


class Stage(Enum):
    """What has to be right about a file before a rule can look at it."""

    TEXT = auto()  # nothing: the rule tells what is wrong with the text
    DATA = auto()  # it is YAML
    WORKFLOW = auto()  # it has no finding so far, so `Subject.workflow` can be built


class Subject:
    """A file under check."""

    def __init__(self, document: YamlDocument) -> None:
        self.document = document

    @cached_property
    def workflow(self) -> Workflow:
        """The parsed workflow, for rules of Stage.WORKFLOW."""
        from ...workflow.parser import parse_workflow  # noqa: PLC0415 - a render goes without

        return parse_workflow(self.document)


Check: TypeAlias = Callable[[Subject], Iterable[Finding]]


class Rule(NamedTuple):
    """A rule; its findings carry `family` as their tool and `id` as their rule.

    `title` is one line, `docs` says why the rule is there and what to do about it.
    """

    id: str
    family: str
    title: str
    docs: str
    stage: Stage
    check: Check


def select_yaml_findings(rule_id: str) -> Check:
    """Return a check that yields what the reader of YAML noted under this name."""

    def check(subject: Subject) -> Iterator[Finding]:
        for finding in subject.document.findings:
            if finding.rule == rule_id:
                yield finding

    return check
