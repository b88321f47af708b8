"""Every setting there is: its key, its type, its default and a sentence about it.

This table is all there is to know about a setting: files, environment, flags, `wfgen
settings`, the published JSON schema, `docs/settings.md` and the list of settings on the
page that documents a workflow are made from it. `settings[ITERATIONS]` is typed by it.
"""

from __future__ import annotations

from typing import Any, Generic, NamedTuple, TypeVar

from . import text_types as texts
from .types import Boolean, Choice, Integer, ListOf, OrInherit, ValueType
from .workflow_types import (
    DAYS,
    EXTRA_ARTIFACTS,
    JOBS,
    PERMISSIONS,
    STEPS,
    Variables,
    WorkflowTable,
)

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
ENVIRONMENT_PREFIX = "WFGEN_"
# GitHub stops a job on a runner of one's own after five days.
MINUTES = Integer(1, 5 * 24 * 60)


class Option(NamedTuple, Generic[T_co]):
    """One setting. `key` is dotted: all but the last part are tables of the file."""

    key: str
    value_type: ValueType[T_co]
    default: T_co
    summary: str
    summary_ru: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return ENVIRONMENT_PREFIX + self.key.upper().replace(".", "_")

    def describe(self, language: str) -> str:
        """Return the sentence about it in a language of the documentation."""
        return {"en": self.summary, "ru": self.summary_ru}[language]


class ArtifactOptions(NamedTuple):
    """The settings of one of the artifacts that every workflow has."""

    name: Option[str]
    path: Option[str]
    retention: Option[int | None]


# Any: one table holds options of every type.
_declared: list[Option[Any]] = []


def _declare(
    key: str, value_type: ValueType[T], default: T, summary: str, summary_ru: str
) -> Option[T]:
    """Make an option and put it into the table, in the order of the documentation."""
    option = Option(key, value_type, default, summary, summary_ru)
    _declared.append(option)
    return option


def _declare_artifact(
    part: str, name: str, path: str, what: str, what_ru: tuple[str, str]
) -> ArtifactOptions:
    """Make the options of an artifact; `what_ru` is in the nominative and genitive."""
    nominative, genitive = what_ru
    return ArtifactOptions(
        _declare(
            f"artifacts.{part}.name",
            texts.ARTIFACT,
            name,
            f"The artifact that holds {what}.",
            f"Артефакт, в котором хранится {nominative}.",
        ),
        _declare(
            f"artifacts.{part}.path",
            texts.FOLDER,
            path,
            f"The folder with {what}.",
            f"Папка, где лежит {nominative}.",
        ),
        _declare(
            f"artifacts.{part}.retention",
            OrInherit(DAYS),
            None,
            f"Days to keep {what}; else `retention`.",
            f"Срок хранения {genitive} в днях; иначе `retention`.",
        ),
    )


def _declare_steps(
    place: str, where: str, where_ru: str
) -> Option[tuple[WorkflowTable, ...]]:
    return _declare(f"steps.{place}", STEPS, (), f"Steps {where}.", f"Шаги {where_ru}.")


# Those without a user in the code are read by templates, which see all settings.
NAME = _declare(
    "name",
    texts.NAME,
    "Incremental training",
    "The workflow's name, as GitHub lists it.",
    "Имя workflow в списке GitHub.",
)
WORKFLOW = _declare(
    "workflow",
    texts.WORKFLOW_FILE,
    "train.yml",
    "The file written below `.github/workflows/`.",
    "Файл в папке `.github/workflows/`.",
)
BRANCHES = _declare(
    "branches",
    ListOf(texts.BRANCH, 1),
    ("main",),
    "Branches whose pushes and pull requests train.",
    "Ветки, в которых push и pull request запускают обучение.",
)
ITERATIONS = _declare(
    "iterations",
    Integer(1, 10_000),
    3,
    "Training iterations of a run, unless a run or a variable says else.",
    "Число итераций обучения, если запуск или переменная не задаёт другое.",
)
RETENTION = _declare(
    "retention",
    DAYS,
    5,
    "Days that GitHub keeps the artifacts.",
    "Срок хранения артефактов в днях.",
)
PYTHON = _declare(
    "python",
    texts.PYTHON,
    "3.12",
    "The Python that trains.",
    "Версия Python для обучения.",
)
RUNNER = _declare(
    "runner",
    ListOf(texts.LABEL, 1),
    ("ubuntu-latest",),
    "Labels of the runner that trains.",
    "Метки runner, на котором идёт обучение.",
)
TIMEOUT = _declare(
    "timeout",
    MINUTES,
    60,
    "Minutes after which the job is stopped.",
    "Предел времени задания в минутах.",
)
ENVIRONMENT = _declare(
    "environment",
    texts.OPTIONAL_NAME,
    "",
    "The GitHub environment the job runs in, for its secrets and rules.",
    "Среда (environment) GitHub с её секретами и правилами.",
)
CONCURRENCY = _declare(
    "concurrency",
    Choice("single", "queue"),
    "single",
    "Waiting runs of a branch: `single` keeps the newest, "
    "`queue` keeps up to 100 in order.",
    "Ожидающие запуски ветки: `single` оставляет новейший, "
    "`queue` хранит до 100 по порядку.",
)
PERMISSIONS_OF_TOKEN = _declare(
    "permissions",
    PERMISSIONS,
    {},
    "Rights of the job's token beyond reading contents and actions.",
    "Права токена задания сверх чтения contents и actions.",
)
STORE = _declare(
    "store",
    Choice("artifact", "release", "branch", "cache"),
    "artifact",
    "Where the state is kept: artifacts expire, a release and a branch do not, "
    "a cache does after 7 idle days.",
    "Где хранится состояние: артефакты истекают, релиз и ветка нет, "
    "кэш истекает через 7 дней простоя.",
)
STATE_PATHS = _declare(
    "state_paths",
    ListOf(texts.PATTERN),
    (),
    "Files and folders, or patterns of them, that are the state of a training which "
    "keeps it among its own files; else it is the two folders of artifacts.*.path.",
    "Файлы и папки (или шаблоны), которые составляют состояние обучения, хранящего его "
    "среди своих файлов; иначе это две папки из artifacts.*.path.",
)
READ_ONLY_CACHE = _declare(
    "read_only_cache",
    Boolean(),
    False,
    "Pull requests read caches and write none, by `cache-mode: read`, "
    "which act 0.2.89 cannot read.",
    "Pull request только читает кэш, не записывая его: `cache-mode: read`, "
    "который act 0.2.89 не понимает.",
)
SUMMARY = _declare(
    "summary",
    Boolean(),
    True,
    "Say in the run's summary where its state came from and how long it is kept.",
    "Писать в сводке запуска, откуда взято состояние и как долго оно хранится.",
)
TEMPLATES_DIR = _declare(
    "templates_dir",
    texts.OPTIONAL_FILE,
    "",
    "A folder of your own templates, which may extend wfgen's.",
    "Папка собственных шаблонов; они могут расширять шаблоны wfgen.",
)
WORKFLOWS_CI = _declare(
    "workflows.ci",
    Boolean(),
    False,
    "Also write `ci.yml`: lint, test, and hold the rendered files to the settings.",
    "Создать и `ci.yml`: линтер, тесты и сверка файлов с настройками.",
)
WORKFLOWS_KEEPALIVE = _declare(
    "workflows.keepalive",
    Boolean(),
    False,
    "Also write `keepalive.yml`, "
    "for GitHub switches schedules off after 60 quiet days.",
    "Создать и `keepalive.yml`: GitHub отключает расписание после 60 дней тишины.",
)
WORKFLOWS_WATCHDOG = _declare(
    "workflows.watchdog",
    Boolean(),
    False,
    "Also write `watchdog.yml`, which tells of scheduled runs that do not come, fail, "
    "or lose the state.",
    "Создать и `watchdog.yml`: он сообщает, если запуски по расписанию не приходят, "
    "падают или теряют состояние.",
)
CI_LINT = _declare(
    "ci.lint",
    texts.OPTIONAL_SCRIPT,
    "",
    "What `ci.yml` lints with.",
    "Команда линтера в `ci.yml`.",
)
CI_TEST = _declare(
    "ci.test",
    texts.SCRIPT,
    "python -m pip install pytest\npython -m pytest",
    "What `ci.yml` tests with.",
    "Команда тестов в `ci.yml`.",
)
CI_WFGEN = _declare(
    "ci.wfgen",
    texts.OPTIONAL_REQUIREMENT,
    "",
    "What `ci.yml` gives pip to install this tool, a path or an address; "
    "empty: `ci.yml` does not hold the rendered files to the settings.",
    "Что `ci.yml` передаёт pip для установки этого инструмента: путь или адрес; "
    "если пусто, `ci.yml` не сверяет файлы с настройками.",
)
TRIGGERS_PUSH = _declare(
    "triggers.push",
    Boolean(),
    True,
    "Train on a push to one of the branches.",
    "Обучать при push в одну из веток.",
)
TRIGGERS_PULL_REQUEST = _declare(
    "triggers.pull_request",
    Boolean(),
    True,
    "Train on a pull request as a trial that changes no state.",
    "Обучать при pull request пробно, не меняя состояние.",
)
TRIGGERS_SCHEDULE = _declare(
    "triggers.schedule",
    Boolean(),
    True,
    "Train on the schedule.",
    "Обучать по расписанию.",
)
TRIGGERS_DISPATCH = _declare(
    "triggers.dispatch",
    Boolean(),
    True,
    "Train by hand, with the number of iterations as an input.",
    "Обучать при запуске вручную; число итераций задаётся при запуске.",
)
SCHEDULE_CRON = _declare(
    "schedule.cron",
    ListOf(texts.CRON, 1),
    ("17 0 * * *",),
    "When the schedule trains, UTC unless a zone is set.",
    "Расписание обучения, по UTC, если не задан часовой пояс.",
)
SCHEDULE_TIMEZONE = _declare(
    "schedule.timezone",
    texts.OPTIONAL_TIMEZONE,
    "",
    "The IANA time zone of the cron lines.",
    "Часовой пояс IANA для строк cron.",
)
INSTALL_REQUIREMENTS = _declare(
    "install.requirements",
    texts.OPTIONAL_FILE,
    "requirements.txt",
    "What is installed before training; "
    "pip's cache is used unless a branch has `release` in its name.",
    "Что устанавливается перед обучением; "
    "кэш pip не используется, если в имени ветки есть `release`.",
)
INSTALL_INSTALLER = _declare(
    "install.installer",
    Choice("pip", "uv"),
    "pip",
    "What installs it.",
    "Чем выполняется установка.",
)
INSTALL_HASHES = _declare(
    "install.hashes",
    Boolean(),
    False,
    "Refuse a requirement without a hash.",
    "Не устанавливать пакеты без хеша.",
)
DATASET_SOURCE = _declare(
    "dataset.source",
    Choice("sample", "kaggle", "own"),
    "sample",
    "Where the rows come from.",
    "Откуда берутся данные.",
)
DATASET_SECRETS = _declare(
    "dataset.secrets",
    ListOf(texts.SECRET),
    (),
    "Secrets the training gets as environment variables.",
    "Секреты, которые обучение получает в переменных среды.",
)
DATASET_KAGGLE_JSON = _declare(
    "dataset.kaggle_json",
    Boolean(),
    False,
    "Write `~/.kaggle/kaggle.json` (mode 600) for clients that want it.",
    "Записать `~/.kaggle/kaggle.json` (права 600) для клиентов, которым он нужен.",
)
TRAIN_COMMAND = _declare(
    "train.command",
    texts.SCRIPT,
    'python -m pipeline update --iterations "$TRAINING_ITERATIONS"',
    "The training, as a shell script; "
    "`$TRAINING_ITERATIONS` is the number of iterations.",
    "Скрипт обучения; число итераций в `$TRAINING_ITERATIONS`.",
)
TRAIN_LOOP = _declare(
    "train.loop",
    Choice("once", "each"),
    "once",
    "`once`: the command does all iterations itself; "
    "`each`: it is started once an iteration.",
    "`once`: команда сама выполняет все итерации; "
    "`each`: команда запускается на каждую итерацию.",
)
TRAIN_ENV = _declare(
    "train.env",
    Variables(),
    {},
    "Environment variables of the training, as they are.",
    "Переменные среды обучения, без подстановок.",
)
TRAIN_TIMEOUT = _declare(
    "train.timeout",
    OrInherit(MINUTES),
    None,
    "Minutes after which the training step is stopped.",
    "Предел времени шага обучения в минутах.",
)
ARTIFACTS = {
    "model": _declare_artifact(
        "model", "model-state", "runtime/model/", "the model", ("модель", "модели")
    ),
    "data": _declare_artifact(
        "data",
        "data-state",
        "runtime/data/",
        "the state of the data",
        ("состояние данных", "состояния данных"),
    ),
    "logs": _declare_artifact(
        "logs",
        "training-logs",
        "runtime/logs/",
        "the logs",
        ("журнал обучения", "журнала обучения"),
    ),
}
FANOUT_MEMBERS = _declare(
    "fanout.members",
    Integer(0, 64),
    0,
    "Train this many members side by side, each told `$MEMBER` and `$MEMBERS`; "
    "0: one training.",
    "Сколько участников обучать параллельно; каждый получает `$MEMBER` и "
    "`$MEMBERS`; 0: одно обучение.",
)
FANOUT_MERGE = _declare(
    "fanout.merge",
    texts.OPTIONAL_SCRIPT,
    "",
    "The script that makes one state of "
    "`runtime/members/N/model` and `runtime/members/N/data`.",
    "Скрипт, который сводит `runtime/members/N/model` и `runtime/members/N/data` "
    "в одно состояние.",
)
NOTIFY_ISSUE = _declare(
    "notify.issue",
    Boolean(),
    False,
    "Keep one GitHub issue open while runs of a branch fail.",
    "Держать открытым один issue, пока запуски ветки падают.",
)
NOTIFY_WEBHOOK = _declare(
    "notify.webhook",
    texts.OPTIONAL_SECRET,
    "",
    "The secret with the address of a Slack-compatible webhook.",
    "Имя секрета, в котором лежит адрес webhook, совместимого со Slack.",
)
NOTIFY_COMMAND = _declare(
    "notify.command",
    texts.OPTIONAL_SCRIPT,
    "",
    "A script that is told `$EVENT` and `$RUN_URL`.",
    "Скрипт, который получает `$EVENT` и `$RUN_URL`.",
)
NOTIFY_ON = _declare(
    "notify.on",
    ListOf(Choice("failure", "recovery", "completion"), 1),
    ("failure", "recovery"),
    "What to tell: a failure, a success after a failure, any other success.",
    "О чём сообщать: о сбое, об успехе после сбоя, о любом другом успехе.",
)
ARTIFACTS_EXTRA = _declare(
    "artifacts.extra",
    EXTRA_ARTIFACTS,
    (),
    "More artifacts: tables of name, path and retention.",
    "Дополнительные артефакты: таблицы с name, path и retention.",
)
STEP_OPTIONS = (
    _declare_steps(
        "before_restore", "before the state is looked for", "перед поиском состояния"
    ),
    _declare_steps(
        "after_restore",
        "after the state was restored",
        "после восстановления состояния",
    ),
    _declare_steps(
        "before_train", "right before the training", "сразу перед обучением"
    ),
    _declare_steps("after_train", "right after the training", "сразу после обучения"),
    _declare_steps(
        "before_upload", "before the state is uploaded", "перед загрузкой состояния"
    ),
    _declare_steps(
        "after_upload", "after everything was uploaded", "после загрузки артефактов"
    ),
)
EXTRA_JOBS = _declare(
    "jobs",
    JOBS,
    {},
    "More jobs of the workflow, as GitHub writes them.",
    "Дополнительные задания workflow в синтаксисе GitHub.",
)

OPTIONS = tuple(_declared)
BY_KEY = {option.key: option for option in OPTIONS}
