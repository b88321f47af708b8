"""An unpickler whose opcodes do what our own pickles need and nothing more.

A list of classes alone is not enough. A pickle may call a listed class with arguments
of its choice, give an object an attribute that hides a method or a table which other
code then calls, or tell numpy that an array of pointers is one of numbers. So here
classes are made empty and filled, functions are called only where they are listed as
such (in a form that checks its arguments), only attributes that a class leaves open are
set, and arrays hold plain numbers or text.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy as np
from joblib.numpy_pickle import NumpyArrayWrapper, NumpyUnpickler
from numpy.random import MT19937, RandomState

from .names import local_module
from .numpy_checks import check_dtype, check_generator

Name = tuple[str, str]
Check = Callable[[dict[str, Any]], None]

PLAIN = (bool, int, float, str, type(None))


class Listed(NamedTuple):
    """What a pickle may name.

    Classes that are made empty and filled, functions, and what the user vouches for.
    """

    classes: Mapping[Name, Check | None]
    """With a check of the attributes that each ends up with."""
    functions: Mapping[Name, Callable[..., Any] | None]
    """With what is called in its place, if not itself."""
    trusted: frozenset[Name] = frozenset()
    renamed: Mapping[Name, Name] = MappingProxyType({})
    """Names that are stored for names of today."""
    renamed_attributes: Mapping[Name, Mapping[str, str]] = MappingProxyType({})
    """By a class's name of today, attributes that are stored for attributes of today."""


class _Token:
    """Stands for a class or a function between the opcode that names it and the one that uses it."""

    __slots__ = ("calls", "check", "found", "makes", "renamed")

    def __init__(
        self,
        found: Any,
        *,
        calls: bool = False,
        makes: bool = False,
        check: Check | None = None,
        renamed: Mapping[str, str] = MappingProxyType({}),
    ) -> None:  # noqa: ANN401
        self.found = found
        self.calls = calls
        self.makes = makes
        self.check = check
        self.renamed = renamed

    def __repr__(self) -> str:
        return f"{self.found.__module__}.{self.found.__qualname__}"


class StrictUnpickler(NumpyUnpickler):  # type: ignore[misc]  # joblib has no types
    """Reads what joblib wrote.

    Raises pickle.UnpicklingError for everything that no pickle of ours does.
    """

    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(NumpyUnpickler.dispatch)

    def __init__(self, content: bytes, listed: Listed) -> None:
        super().__init__("", BytesIO(content), ensure_native_byte_order=True)
        self._listed = listed
        self._made: list[tuple[Any, Check | None]] = []
        self._kinds: dict[type, Mapping[str, str]] = {}
        self._trusted: list[Any] = []

    def load(self) -> Any:  # noqa: ANN401  # as pickle declares it
        """The value. The checks come last: until then a pickle may change what it made."""
        value = super().load()
        for made, check in self._made:
            if check is not None:
                check(made.__dict__)
        return value

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401  # as pickle declares it
        """A token for what a pickle names, if it is listed.

        Nothing is imported for a name that is not.

        The class itself would be something to call for whatever code finds it in an
        attribute.
        """
        asked = module, name = self._listed.renamed.get((module, name), (module, name))
        if asked == ("joblib.numpy_pickle", "NumpyArrayWrapper"):
            return _Token(_Wrapper, makes=True)
        if asked in INERT:
            return _Token(INERT[asked])
        if asked in self._listed.functions:
            return _Token(
                self._listed.functions[asked] or super().find_class(module, name),
                calls=True,
            )
        if asked in self._listed.classes:
            found = super().find_class(local_module(module), name)
            check = self._listed.classes[asked]
            renamed = self._listed.renamed_attributes.get(asked, {})
            return _Token(found, makes=True, check=check, renamed=renamed)
        # The user's own learner may lie in a copy of this package, or in another one of that name.
        for place in (module, local_module(module)):
            if (place, name) in self._listed.trusted:
                self._trusted.append(super().find_class(place, name))
                return self._trusted[-1]
        raise pickle.UnpicklingError(
            f"it names {module}.{name}, which no model of ours holds"
        )

    def _reduce(self) -> None:
        arguments = self.stack.pop()
        function = self.stack[-1]
        if isinstance(function, _Token) and function.calls:
            self.stack[-1] = function.found(*arguments)
        elif any(function is known for known in self._trusted):
            self.stack[-1] = function(*arguments)
        else:
            raise pickle.UnpicklingError(f"it calls {function!r:.80}")

    def _newobj(self) -> None:
        arguments = self.stack.pop()
        kind = self.stack[-1]
        if isinstance(kind, _Token) and kind.makes and arguments == ():
            made = kind.found.__new__(kind.found)
            self._made.append((made, kind.check))
            self._kinds[kind.found] = kind.renamed
        elif any(kind is known for known in self._trusted):
            made = kind.__new__(kind, *arguments)
        else:
            raise pickle.UnpicklingError(
                f"it makes {kind!r:.80} of {type(arguments).__name__}"
            )
        self.stack[-1] = made

    def _build(self) -> None:
        state = self.stack.pop()
        made = self.stack[-1]
        kind = type(made)
        if isinstance(made, np.dtype):
            check_dtype(made, state)
            made.__setstate__(state)  # type: ignore[attr-defined]  # numpy has it, its stubs have not
        elif kind in {MT19937, RandomState}:
            check_generator(kind, state)
            kind.__setstate__(made, state)
        elif kind is _Wrapper:
            made.fill(state)
            self.stack[-1] = made.read(self, self.ensure_native_byte_order)
        elif kind in self._kinds:
            _fill(made, _rename(state, self._kinds[kind]))
        elif any(kind is known for known in self._trusted):
            self.stack.append(state)
            pickle._Unpickler.dispatch[pickle.BUILD[0]](self)  # noqa: SLF001  # the class that joblib's is one of
        else:
            raise pickle.UnpicklingError(f"it fills {made!r:.80}")

    def _into(self, kind: type, target: object) -> None:
        """Raises UnpicklingError where an opcode for `kind` is aimed at something else.

        Whose methods it would call.
        """
        if type(target) is not kind and not any(
            type(target) is known for known in self._trusted
        ):
            raise pickle.UnpicklingError(
                f"it adds to {target!r:.80} as to a {kind.__name__}"
            )

    def _refuse(self) -> None:
        raise pickle.UnpicklingError("it has an instruction that no pickle of ours has")

    def _append(self) -> None:
        self._into(list, self.stack[-2])
        NumpyUnpickler.dispatch[pickle.APPEND[0]](self)

    def _appends(self) -> None:
        self._into(list, self.metastack[-1][-1])
        NumpyUnpickler.dispatch[pickle.APPENDS[0]](self)

    def _setitem(self) -> None:
        self._into(dict, self.stack[-3])
        NumpyUnpickler.dispatch[pickle.SETITEM[0]](self)

    def _setitems(self) -> None:
        self._into(dict, self.metastack[-1][-1])
        NumpyUnpickler.dispatch[pickle.SETITEMS[0]](self)

    def _additems(self) -> None:
        self._into(set, self.metastack[-1][-1])
        NumpyUnpickler.dispatch[pickle.ADDITEMS[0]](self)

    dispatch[pickle.REDUCE[0]] = _reduce
    dispatch[pickle.NEWOBJ[0]] = _newobj
    dispatch[pickle.BUILD[0]] = _build
    dispatch[pickle.APPEND[0]] = _append
    dispatch[pickle.APPENDS[0]] = _appends
    dispatch[pickle.SETITEM[0]] = _setitem
    dispatch[pickle.SETITEMS[0]] = _setitems
    dispatch[pickle.ADDITEMS[0]] = _additems
    for _code in (
        pickle.INST,
        pickle.OBJ,
        pickle.NEWOBJ_EX,
        pickle.EXT1,
        pickle.EXT2,
        pickle.EXT4,
    ):
        dispatch[_code[0]] = _refuse


class _Wrapper(NumpyArrayWrapper):  # type: ignore[misc]  # joblib has no types
    """What stands for an array in joblib's pickles; the bytes follow it.

    Of objects it would load with plain pickle.
    """

    def fill(self, state: object) -> None:
        """Take up the attributes.

        Raises UnpicklingError where they are not those of a plain array.
        """
        if type(state) is not dict or set(state) != set(_WRAPPED):
            raise pickle.UnpicklingError("it holds an array of another kind than ours")
        sound = all(type(state[name]) in kinds for name, kinds in _WRAPPED.items())
        if not sound or not all(
            type(each) is int and each >= 0 for each in state["shape"]
        ):
            raise pickle.UnpicklingError("it holds an array of another kind than ours")
        self.__dict__.update(state, subclass=np.ndarray)


_WRAPPED: dict[str, tuple[type, ...]] = {
    "subclass": (_Token,),
    "shape": (tuple,),
    "order": (str,),
    "dtype": tuple(
        {
            type(np.dtype(code))
            for code in ("b1", "S", "U", *np.typecodes["AllInteger"], *"efdg")
        }
    ),
    "allow_mmap": (bool,),
    "numpy_array_alignment_bytes": (int,),
}
INERT: Mapping[Name, type] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy.random._mt19937", "MT19937"): MT19937,
}
"""Named, but neither called nor made: numpy's ndarray would take any bytes for pointers."""


def bit_generator(kind: object) -> MT19937:
    """In place of `__bit_generator_ctor`, which calls any class that it is given."""
    if not isinstance(kind, _Token) or kind.found is not MT19937:
        raise pickle.UnpicklingError(f"it makes a random generator of {kind!r:.80}")
    return MT19937()


def random_state(source: object) -> RandomState:
    """In place of `__randomstate_ctor`, which calls any function that it is given."""
    if type(source) is not MT19937:
        raise pickle.UnpicklingError(f"it makes a random state of {source!r:.80}")
    return RandomState(source)


def _rename(state: object, renamed: Mapping[str, str]) -> object:
    """Attributes by their names of today; what is no dict of names is refused later."""
    if type(state) is not dict or not renamed:
        return state
    return {renamed.get(name, name): value for name, value in state.items()}


def _fill(made: object, state: object) -> None:
    """Set attributes, none of which hides what the class defines unless that is a plain value."""
    if type(state) is not dict or not all(type(name) is str for name in state):
        raise pickle.UnpicklingError(
            f"it fills a {type(made).__name__} with {type(state).__name__}"
        )
    kind = type(made)
    hidden = [
        name
        for name in state
        if name.startswith("__") or type(getattr(kind, name, None)) not in PLAIN
    ]
    if hidden:
        raise pickle.UnpicklingError(f"it replaces {hidden[0]} of {kind.__name__}")
    take = getattr(kind, "__setstate__", None)
    if take is None:
        made.__dict__.update(state)
    else:
        take(made, state)
