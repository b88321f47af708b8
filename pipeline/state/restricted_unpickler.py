"""An unpickler whose opcodes do what our own pickles need and nothing more.

A list of classes alone is not enough. A pickle may call a listed class with arguments
of its choice, give an object an attribute that hides a method or a table which other
code then calls, or tell numpy that an array of pointers is one of numbers. So here
classes are made empty and filled, functions are called only where they are listed as
such (in a form that checks its arguments), only attributes that a class leaves open are
set, and arrays hold numbers or text alone.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy as np
from joblib.numpy_pickle import NumpyArrayWrapper, NumpyUnpickler
from numpy.random import MT19937, RandomState

from .class_names import Name, get_local_module
from .numpy_checks import check_dtype, check_generator

Check = Callable[[dict[str, Any]], None]
Anything = Any  # what a pickle makes is of any type until it was looked at

SIMPLE_TYPES = (bool, int, float, str, type(None))


class AllowList(NamedTuple):
    """What a pickle may name.

    Classes that are made empty and filled, functions, and what the user vouches for.
    """

    classes: Mapping[Name, Check | None]
    """With a check of the attributes that each ends up with."""
    functions: Mapping[Name, Callable[..., Anything] | None]
    """With what is called in its place, if not itself."""
    trusted: frozenset[Name] = frozenset()
    renamed: Mapping[Name, Name] = MappingProxyType({})
    """Names that are stored for names of today."""
    renamed_attributes: Mapping[Name, Mapping[str, str]] = MappingProxyType({})
    """By a class's name of today, attributes that are stored for attributes of today."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Token:
    """Stands for a class or a function between the opcode that names it and the one that uses it.

    The class itself would be something to call for whatever code finds it in an
    attribute. No named tuple: a pickle could hand its parts over as arguments.
    """

    target: Anything
    is_callable: bool = False
    is_fillable: bool = False
    check: Check | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"{self.target.__module__}.{self.target.__qualname__}"


class RestrictedUnpickler(NumpyUnpickler):  # type: ignore[misc]  # joblib has no types
    """Reads what joblib wrote.

    Raises pickle.UnpicklingError for everything that no pickle of ours does.
    """

    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(NumpyUnpickler.dispatch)

    def __init__(self, content: bytes, allowed: AllowList) -> None:
        super().__init__("", BytesIO(content), ensure_native_byte_order=True)
        self._allowed = allowed
        self._made: list[tuple[Anything, Check | None]] = []
        self._renamed_attributes: dict[type, Mapping[str, str]] = {}
        self._trusted: list[Anything] = []

    def load(self) -> object:
        """Return the value.

        The checks come last: until then a pickle may change what it made.
        """
        value: object = super().load()
        for instance, check in self._made:
            if check is not None:
                check(instance.__dict__)
        return value

    def find_class(self, module: str, name: str) -> Anything:
        """Return a token for what a pickle names, if it is listed.

        Nothing is imported for a name that is not.
        """
        key = self._allowed.renamed.get((module, name), (module, name))
        if key in STAND_INS:
            return STAND_INS[key]
        if key in self._allowed.functions:
            function = self._allowed.functions[key]
            if function is None:
                function = super().find_class(*key)
            return _Token(function, is_callable=True)
        if key in self._allowed.classes:
            return _Token(
                super().find_class(get_local_module(key[0]), key[1]),
                is_fillable=True,
                check=self._allowed.classes[key],
                renamed=self._allowed.renamed_attributes.get(key, {}),
            )
        # The user's own learner may lie in a copy of this package, or in another one of
        # that name.
        for place in (key[0], get_local_module(key[0])):
            if (place, key[1]) in self._allowed.trusted:
                self._trusted.append(super().find_class(place, key[1]))
                return self._trusted[-1]
        raise pickle.UnpicklingError(
            f"it names {'.'.join(key)}, which no model of ours holds"
        )

    def _trusts(self, target: object) -> bool:
        """Whether a class or a function is the user's own."""
        # By identity: an equality of the pickle's own would be called.
        return any(target is trusted for trusted in self._trusted)

    def _call_function(self) -> None:
        arguments = self.stack.pop()
        function = self.stack[-1]
        if type(function) is _Token and function.is_callable:
            self.stack[-1] = function.target(*arguments)
        elif self._trusts(function):
            self.stack[-1] = function(*arguments)
        else:
            raise pickle.UnpicklingError(f"it calls {function!r:.80}")

    def _make_instance(self) -> None:
        arguments = self.stack.pop()
        cls = self.stack[-1]
        if type(cls) is _Token and cls.is_fillable and arguments == ():
            instance = cls.target.__new__(cls.target)
            self._made.append((instance, cls.check))
            self._renamed_attributes[cls.target] = cls.renamed
        elif self._trusts(cls):
            instance = cls.__new__(cls, *arguments)
        else:
            raise pickle.UnpicklingError(
                f"it makes {cls!r:.80} of {type(arguments).__name__}"
            )
        self.stack[-1] = instance

    def _fill_instance(self) -> None:
        state = self.stack.pop()
        instance = self.stack[-1]
        cls = type(instance)
        if isinstance(instance, np.dtype):
            check_dtype(instance, state)
            instance.__setstate__(state)  # type: ignore[attr-defined]  # missing in numpy's stubs
        elif cls in {MT19937, RandomState}:
            check_generator(cls, state)
            cls.__setstate__(instance, state)
        elif cls is _ArrayWrapper:
            instance.fill(state)
            self.stack[-1] = instance.read(self, self.ensure_native_byte_order)
        elif cls in self._renamed_attributes:
            _fill(instance, _rename(state, self._renamed_attributes[cls]))
        elif self._trusts(cls):
            self.stack.append(state)
            # As Python's own unpickler does it, of which joblib's is one.
            pickle._Unpickler.dispatch[pickle.BUILD[0]](self)  # noqa: SLF001  # not public
        else:
            raise pickle.UnpicklingError(f"it fills {instance!r:.80}")

    def _check_container(self, cls: type, target: object) -> None:
        """Refuse an opcode for `cls` that is aimed at something else.

        It would call that one's methods.
        """
        if type(target) is not cls and not self._trusts(type(target)):
            raise pickle.UnpicklingError(
                f"it adds to {target!r:.80} as to a {cls.__name__}"
            )

    def _append_item(self) -> None:
        self._check_container(list, self.stack[-2])
        NumpyUnpickler.dispatch[pickle.APPEND[0]](self)

    def _append_items(self) -> None:
        self._check_container(list, self.metastack[-1][-1])
        NumpyUnpickler.dispatch[pickle.APPENDS[0]](self)

    def _set_item(self) -> None:
        self._check_container(dict, self.stack[-3])
        NumpyUnpickler.dispatch[pickle.SETITEM[0]](self)

    def _set_items(self) -> None:
        self._check_container(dict, self.metastack[-1][-1])
        NumpyUnpickler.dispatch[pickle.SETITEMS[0]](self)

    def _add_items(self) -> None:
        self._check_container(set, self.metastack[-1][-1])
        NumpyUnpickler.dispatch[pickle.ADDITEMS[0]](self)

    def _refuse(self) -> None:
        raise pickle.UnpicklingError("it has an instruction that no pickle of ours has")

    dispatch[pickle.REDUCE[0]] = _call_function
    dispatch[pickle.NEWOBJ[0]] = _make_instance
    dispatch[pickle.BUILD[0]] = _fill_instance
    dispatch[pickle.APPEND[0]] = _append_item
    dispatch[pickle.APPENDS[0]] = _append_items
    dispatch[pickle.SETITEM[0]] = _set_item
    dispatch[pickle.SETITEMS[0]] = _set_items
    dispatch[pickle.ADDITEMS[0]] = _add_items
    for _opcode in (
        pickle.INST,
        pickle.OBJ,
        pickle.NEWOBJ_EX,
        pickle.EXT1,
        pickle.EXT2,
        pickle.EXT4,
    ):
        dispatch[_opcode[0]] = _refuse


class _ArrayWrapper(NumpyArrayWrapper):  # type: ignore[misc]  # joblib has no types
    """What stands for an array in joblib's pickles; the bytes follow it.

    joblib would load an array of objects with plain pickle.
    """

    def fill(self, state: object) -> None:
        """Take up the attributes.

        Raises UnpicklingError where they are not those of an array of numbers or text.
        """
        if type(state) is not dict or not _is_array_state(state):
            raise pickle.UnpicklingError("it holds an array of another kind than ours")
        self.__dict__.update(state, subclass=np.ndarray)


def _is_array_state(state: dict[str, Anything]) -> bool:
    if set(state) != set(ARRAY_ATTRIBUTES):
        return False
    for name, types in ARRAY_ATTRIBUTES.items():
        if type(state[name]) not in types:
            return False
    return all(type(length) is int and length >= 0 for length in state["shape"])


DTYPE_TYPES = {
    type(np.dtype(code))
    for code in ("b1", "S", "U", *np.typecodes["AllInteger"], *"efdg")
}
ARRAY_ATTRIBUTES: Mapping[str, set[type]] = {
    "subclass": {_Token},
    "shape": {tuple},
    "order": {str},
    "dtype": DTYPE_TYPES,
    "allow_mmap": {bool},
    "numpy_array_alignment_bytes": {int},
}
STAND_INS: Mapping[Name, _Token] = {
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): _Token(
        _ArrayWrapper, is_fillable=True
    ),
    # Named, but neither called nor made: numpy's ndarray would take any bytes for
    # pointers.
    ("numpy", "ndarray"): _Token(np.ndarray),
    ("numpy.random._mt19937", "MT19937"): _Token(MT19937),
}


def restore_bit_generator(token: object) -> MT19937:
    """Stand in for `__bit_generator_ctor`, which calls any class that it is given."""
    if not isinstance(token, _Token) or token.target is not MT19937:
        raise pickle.UnpicklingError(f"it makes a random generator of {token!r:.80}")
    return MT19937()


def restore_random_state(source: object) -> RandomState:
    """Stand in for `__randomstate_ctor`, which calls any function that it is given."""
    if type(source) is not MT19937:
        raise pickle.UnpicklingError(f"it makes a random state of {source!r:.80}")
    return RandomState(source)


def _rename(state: object, renamed: Mapping[str, str]) -> object:
    """Give attributes their names of today; what is no dict of names is refused later."""
    if type(state) is not dict:
        return state
    return {renamed.get(name, name): value for name, value in state.items()}


def _fill(instance: object, state: object) -> None:
    """Set attributes, none of which hides what the class defines, save a simple value."""
    cls = type(instance)
    if type(state) is not dict or not all(type(name) is str for name in state):
        raise pickle.UnpicklingError(
            f"it fills a {cls.__name__} with {type(state).__name__}"
        )
    for name in state:
        hidden = getattr(cls, name, None)
        if name.startswith("__") or type(hidden) not in SIMPLE_TYPES:
            raise pickle.UnpicklingError(f"it replaces {name} of {cls.__name__}")
    set_state = getattr(cls, "__setstate__", None)
    if set_state is None:
        instance.__dict__.update(state)
    else:
        set_state(instance, state)
