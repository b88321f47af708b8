"""What a rule of our own is: a name, a text for its readers, and a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ...findings import Edit, Finding, Severity
from ...workflow.source import Position, YamlDocument

if TYPE_CHECKING:
    from ...workflow.model import Workflow
    from ..state.model import StateModel

STATE = "state"


class Stage(Enum):
    """What has to be right about a file before a rule can look at it."""

    TEXT = auto()  # nothing: the rule tells what is wrong with the text
    DATA = auto()  # it is YAML
    WORKFLOW = auto()  # it has no finding so far, so `Subject.workflow` can be built
    STATE = auto()  # it is YAML: `Subject.state` takes what it understands


class Subject:
    """A file under check; `find_model` knows the repository around it."""

    def __init__(
        self,
        document: YamlDocument,
        find_model: Callable[[], StateModel] | None = None,
    ) -> None:
        self.document = document
        self._find_model = find_model

    @cached_property
    def workflow(self) -> Workflow:
        """The parsed workflow, for rules of Stage.WORKFLOW."""
        from ...workflow.parser import parse_workflow  # noqa: PLC0415 - a render goes without

        return parse_workflow(self.document)

    @cached_property
    def state(self) -> StateModel:
        """What it does with state, for rules of Stage.STATE."""
        if self._find_model is not None:
            return self._find_model()
        from ..state.model import StateModel  # noqa: PLC0415 - a render goes without

        return StateModel(self.document)


Check: TypeAlias = Callable[[Subject], Iterable[Finding]]


class Rule(NamedTuple):
    """A rule; its findings carry `family` as their tool and `id` as their rule.

    `title` is one line, `docs` says what happens on GitHub and how to mend it, `before`
    and `after` show it. Rules with `of_settings` leave rendered files alone: there
    `wfgen render` says it, of the setting.
    """

    id: str
    family: str
    title: str
    docs: str
    stage: Stage
    check: Check
    severity: Severity = Severity.FRAGILE
    before: str = ""
    after: str = ""
    of_settings: bool = False


class Fault(NamedTuple):
    """What a rule about state finds; its severity is the rule's unless it says another."""

    position: Position
    message: str
    hint: str = ""
    severity: Severity | None = None
    confidence: str = "high"
    fix: Edit | None = None


StateCheck: TypeAlias = "Callable[[StateModel], Iterable[Fault]]"


def make_state_rule(  # noqa: PLR0913 - a rule is what it says, word by word
    rule_id: str,
    severity: Severity,
    title: str,
    docs: str,
    check: StateCheck,
    *,
    before: str = "",
    after: str = "",
    of_settings: bool = False,
) -> Rule:
    """Make a rule out of a function from the state model of a file to faults."""

    def find(subject: Subject) -> Iterator[Finding]:
        path = subject.document.path
        for fault in check(subject.state):
            yield Finding(
                path,
                *fault.position,
                tool=STATE,
                rule=rule_id,
                severity=fault.severity or severity,
                message=fault.message,
                hint=fault.hint,
                confidence=fault.confidence,
                fix=fault.fix,
            )

    return Rule(
        rule_id,
        STATE,
        title,
        docs,
        Stage.STATE,
        find,
        severity,
        before,
        after,
        of_settings,
    )


def select_yaml_findings(rule_id: str) -> Check:
    """Return a check that yields what the reader of YAML noted under this name."""

    def check(subject: Subject) -> Iterator[Finding]:
        for finding in subject.document.findings:
            if finding.rule == rule_id:
                yield finding

    return check
